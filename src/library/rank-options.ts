import { definedOnly } from "../defined.js";
import { TelltaleError } from "../errors.js";
import { runPaths } from "../journal/files.js";
import { readJson } from "../journal/json-file.js";
import type { KeywordCatalogue } from "../rank/keywords/catalogue.js";
import type { RankProblem } from "../rank/problems.js";
import { checkRankSettings, presetRankSettings, type RankPreset, type RankSettings } from "../rank/settings.js";
import type { StatisticName } from "../rank/statistics.js";
import type { Hooks } from "./hooks.js";

/** What happens while the files of a run are read. */
export interface RunEvent {
  /** Something had to be left out; a last line that was cut short, in a run that is still going on, is one. */
  type: "problem";
  /** The run's directory, as it was given. */
  run: string;
  /** What was left out, and a sentence that says so. */
  problem: RankProblem;
}

/** How a run is ranked. What is absent is as the run itself was ranked. */
export interface RankOptions extends Hooks<RunEvent> {
  /** Statistics and filters to start from instead of the run's own: "paper", "default" or "quick". */
  preset?: RankPreset | undefined;
  /** Statistics to rank by, at least one; each gives a ranking per configuration and a pooled one. */
  statistics?: readonly StatisticName[] | undefined;
  /** Completions listed per ranking, from the first rank on. */
  top?: number | undefined;
  /** Whether the end-of-generation token counts. */
  countEndOfGeneration?: boolean | undefined;
  /** Completions of fewer counted tokens are dropped. 0: off. */
  minTokens?: number | undefined;
  /** Completions that deflate to less than this share of their bytes are dropped, above 0 and up to 1. Null: off. */
  repetition?: number | null | undefined;
  /** Of completions that share this much of their token 3-grams the highest one stands for the others. Null: off. */
  nearDuplicates?: number | null | undefined;
  /** Behaviours to look for; see parseKeywords and readKeywords. Null: nothing. */
  keywords?: KeywordCatalogue | null | undefined;
}

/** The settings that these options ask for. Throws BAD_ARGUMENT that names the option that is wrong. */
export async function rankSettings(run: string, options: RankOptions): Promise<RankSettings> {
  const { preset, signal: _signal, onEvent, ...changes } = options;
  const own = await settingsOfRun(run, (sentence) =>
    onEvent?.({ type: "problem", run, problem: { file: "run.json", line: null, count: 1, sentence } }),
  );
  const start = preset === undefined ? own : { ...presetRankSettings(preset), top: own.top, keywords: own.keywords };
  return checkRankSettings({ ...start, ...definedOnly(changes) });
}

/** The settings that the run itself was ranked with; the default preset's where run.json does not say. */
export async function settingsOfRun(run: string, onProblem: (sentence: string) => void): Promise<RankSettings> {
  try {
    const record = (await readJson(runPaths(run).run)) as { options?: { rank?: unknown } } | null;
    return checkRankSettings(record?.options?.rank);
  } catch (error) {
    // A missing directory is reported by what needs it more; a run can be ranked without its settings.
    if (error instanceof TelltaleError && error.code !== "FILE_UNREADABLE") {
      onProblem(`The run's own ranking settings cannot be used (${error.message}), so the default ones are.`);
    }
    return presetRankSettings("default");
  }
}
