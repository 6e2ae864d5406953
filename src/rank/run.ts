import type { FileHandle } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { TelltaleError } from "../errors.js";
import { RUN_FILES, runPaths } from "../journal/files.js";
import { type RunNoise, readNoise } from "../journal/noise.js";
import { openForReading } from "../journal/open-file.js";
import { parseCompletionRecord } from "../journal/parse.js";
import { readLineAt } from "../journal/reader.js";
import { verdictOf } from "./calibration.js";
import type { RunFigures } from "./figures.js";
import { withWorkers } from "./pool.js";
import { describeProblems, incompleteNullProblem, type RankProblem } from "./problems.js";
import type { RankingDraft } from "./rankings.js";
import { scanNull, scanRun } from "./scan-run.js";
import type { Ranking, Rankings } from "./schema.js";
import { checkRankSettings, type RankSettings } from "./settings.js";
import type { RankResult, RankTasks } from "./tasks.js";

export interface RankOptions {
  signal?: AbortSignal;
  /** Worker threads at most. Default: as many as there are cores, 8 at most. */
  threads?: number;
  /** Called for every line and every kind of score that had to be left out; a torn last line of a running run is one. */
  onProblem?: (problem: RankProblem) => void;
}

/** A run's rankings and what a report shows beside them. */
export interface RunDescription {
  rankings: Rankings;
  figures: RunFigures;
  /**
   * The null's own rankings, their values with the models' roles changed, the figures of each model its own: what a list without a
   * finding looks like. Null without a calibration.
   */
  nullTop: Ranking[] | null;
  problems: RankProblem[];
}

/** Ranks the completions of a run, finished or not, on worker threads. */
export function rankRun(directory: string, settings: RankSettings, options: RankOptions = {}): Promise<Rankings> {
  return withWorkers(options, (tasks) => rankRunWith(tasks, directory, settings, options));
}

/** The same with the steps done by `tasks`. */
export async function rankRunWith(
  tasks: RankTasks,
  directory: string,
  wanted: RankSettings,
  options: RankOptions = {},
): Promise<Rankings> {
  const settings = checkRankSettings(wanted);
  const { result, problems } = await rankFiles(tasks, directory, settings, false, options.signal);
  for (const problem of problems) options.onProblem?.(problem);
  return rankingsOf(directory, settings, result);
}

/** Ranks a run and makes what a report shows beside the rankings, on worker threads. */
export function describeRun(
  directory: string,
  wanted: RankSettings,
  options: Pick<RankOptions, "signal" | "threads"> = {},
): Promise<RunDescription> {
  return withWorkers(options, (tasks) => describeRunWith(tasks, directory, wanted, options.signal));
}

/** The same with the steps done by `tasks`. */
export async function describeRunWith(
  tasks: RankTasks,
  directory: string,
  wanted: RankSettings,
  signal?: AbortSignal,
): Promise<RunDescription> {
  const settings = checkRankSettings(wanted);
  const { result, problems } = await rankFiles(tasks, directory, settings, true, signal);
  const nullFile = runPaths(runPaths(directory).null).completions;
  return {
    rankings: await rankingsOf(directory, settings, result),
    figures: result.figures as RunFigures,
    nullTop: result.nullDrafts && (await addTexts(result.nullDrafts, nullFile)).map(withOwnRoles),
    problems,
  };
}

/**
 * Ids of completions to score next in a run whose finetuned log-probabilities were captured: the finetuned model has to have
 * scored them before the first `settings.top` (100 at least) of every configuration by the settings' statistics are certain.
 * None: they are.
 */
export function completionsToRescore(
  directory: string,
  wanted: RankSettings,
  signal?: AbortSignal,
): Promise<Set<string>> {
  const settings = { ...checkRankSettings(wanted), keywords: null };
  return withWorkers({ signal }, async (tasks) => {
    const { scans, paths } = await scanRun(tasks, directory, settings, "run", signal);
    return new Set(await tasks.rescore({ run: scans, paths, settings }));
  });
}

function withOwnRoles(ranking: Ranking): Ranking {
  // The reference wrote the null: what another tokenizer's tokens are is then the finetuned model's matter.
  const top = ranking.top.map(({ referenceTokens: _tokens, pplReferencePerToken: _perToken, ...entry }) => ({
    ...entry,
    pplFinetuned: entry.pplReference,
    pplReference: entry.pplFinetuned,
    nllFinetuned: entry.nllReference,
    nllReference: entry.nllFinetuned,
  }));
  return { ...ranking, top };
}

async function rankFiles(
  tasks: RankTasks,
  directory: string,
  settings: RankSettings,
  figures: boolean,
  signal: AbortSignal | undefined,
): Promise<{ result: RankResult; problems: RankProblem[] }> {
  const { scans: run, paths } = await scanRun(tasks, directory, settings, "run", signal);
  const calibration = await scanNull(tasks, directory, settings, signal);
  const { noise, problems: noiseProblems } = await noiseOf(directory);
  const result = await tasks.rank({ run, paths, null: calibration, settings, noise, figures });
  const problems = [...describeProblems(run, result.counts), ...noiseProblems];
  if (calibration !== null && result.nullCounts !== null)
    problems.push(...describeProblems(calibration.scans, result.nullCounts, RUN_FILES.null));
  problems.push(...incompleteNullProblem(result.incompleteNull));
  return { result, problems };
}

/** What the run measured of its noise; a damaged file is a problem, and the run is ranked without. */
async function noiseOf(directory: string): Promise<{ noise: RunNoise | null; problems: RankProblem[] }> {
  try {
    return { noise: await readNoise(runPaths(directory).noise), problems: [] };
  } catch (error) {
    if (!(error instanceof TelltaleError)) throw error;
    return { noise: null, problems: [{ file: RUN_FILES.noise, line: null, count: 1, sentence: error.message }] };
  }
}

async function rankingsOf(directory: string, settings: RankSettings, { drafts }: RankResult): Promise<Rankings> {
  const rankings = await addTexts(drafts, runPaths(directory).completions);
  return {
    schema: "telltale.rankings/2",
    run: basename(resolve(directory)),
    settings,
    verdict: verdictOf(rankings),
    rankings,
  };
}

/** Reads the texts of the listed completions again, each once. */
async function addTexts(drafts: readonly RankingDraft[], path: string): Promise<Rankings["rankings"]> {
  const texts = new Map<string, { prefill: string; completion: string }>();
  let handle: FileHandle | undefined;
  try {
    for (const { id, offset, length } of drafts.flatMap((draft) => draft.top)) {
      if (texts.has(id)) continue;
      handle ??= await openForReading(path);
      const record = await readLineAt(handle, offset, length, parseCompletionRecord);
      if (record.id !== id) {
        throw new TelltaleError("BAD_RUN", `"${path}" was changed while it was being ranked. Rank it again.`);
      }
      texts.set(id, { prefill: record.prefillText, completion: record.completionText });
    }
  } finally {
    await handle?.close();
  }
  return drafts.map((draft) => ({
    ...draft,
    top: draft.top.map(({ offset: _offset, length: _length, ...entry }) => {
      const { prefill = "", completion = "" } = texts.get(entry.id) ?? {};
      const { rank, id, value, ...rest } = entry;
      return { rank, id, value, prefill, completion, ...rest };
    }),
  }));
}
