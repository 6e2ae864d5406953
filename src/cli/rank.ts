import { stat } from "node:fs/promises";
import { Command } from "commander";
import { TelltaleError } from "../errors.js";
import { runPaths } from "../journal/files.js";
import { readJson } from "../journal/json-file.js";
import { POOLED } from "../rank/rankings.js";
import { rankRun } from "../rank/run.js";
import type { Ranking, Rankings } from "../rank/schema.js";
import { checkRankSettings, presetRankSettings, type RankPreset, type RankSettings } from "../rank/settings.js";
import { choiceOption, countFrom } from "./option-values.js";
import { addRankOptions, PRESETS, type RankOptionValues, rankSettingsFrom } from "./rank-options.js";
import { escapeForTerminal, jsonLine } from "./terminal/escape.js";
import { formatCount } from "./terminal/numbers.js";
import { renderOverview } from "./terminal/overview.js";
import { columnsOf, usesColour } from "./terminal/stream.js";
import { renderRanking } from "./terminal/table.js";

interface RankCommandValues extends RankOptionValues {
  preset?: RankPreset;
  rows: number;
  configuration?: string;
  json?: boolean;
}

const ALL = "all";

const EXAMPLES = `Examples:
  telltale rank runs/organism
  telltale rank runs/organism --keyword "glass; halden & bridge" --configuration pooled
  telltale rank runs/organism --preset paper --json > rankings.json
`;

/** `telltale rank`: ranks the completions of a run again. */
export function rankCommand(): Command {
  const command = new Command("rank")
    .summary("rank the completions of a run again, without a model")
    .description("Ranks the completions of a run again, finished or not. No model is needed.")
    .argument("<run>", "directory of a run")
    .addHelpText("before", EXAMPLES);
  return addRankOptions(command)
    .addOption(choiceOption("--preset <name>", "filters and statistics to start from", PRESETS, "the run's own"))
    .optionsGroup("Output:")
    .helpOption("-h, --help", "display help for command")
    .option("--rows <n>", "completions shown per ranking, without --json", countFrom("--rows", 0), 10)
    .option("--configuration <name>", `one configuration in full, "${POOLED}" or "${ALL}" (default: a summary)`)
    .option("--json", "write the rankings to stdout as JSON (schemas/rankings.schema.json)")
    .action(rank);
}

async function rank(directory: string, values: RankCommandValues): Promise<void> {
  const settings = await rankSettingsFrom(values, await startingSettings(directory, values.preset));
  // What is to be shown has to be listed.
  if (!values.json) settings.top = Math.max(settings.top, values.rows);
  const all = await rankRun(directory, settings, { onProblem: ({ sentence }) => note(sentence) });
  await noteUnfinished(directory, all);
  if (values.json) {
    const rankings = selectRankings(all.rankings, values.configuration ?? ALL);
    process.stdout.write(jsonLine({ ...all, rankings }));
  } else process.stdout.write(showRankings(all.rankings, values.rows, values.configuration));
}

/**
 * Rankings for people. Without a configuration the one that sums the run up, by its first statistic, and a line for each of
 * the others; with one, or "all", those in full.
 */
export function showRankings(rankings: readonly Ranking[], rows: number, wanted?: string): string {
  const names = new Set(rankings.map((ranking) => ranking.configuration));
  // Of a single configuration, all of them together are the same once more.
  const distinct = names.size === 2 ? rankings.filter((ranking) => ranking.configuration !== POOLED) : rankings;
  const colour = usesColour(process.stdout);
  const options = { columns: columnsOf(process.stdout), colour, rows };
  if (wanted !== undefined) {
    return selectRankings(wanted === ALL ? distinct : rankings, wanted)
      .map((ranking) => renderRanking(ranking, options))
      .join("\n\n");
  }
  const main = distinct.find((ranking) => ranking.configuration === POOLED) ?? distinct[0];
  if (main === undefined) return "";
  return `${renderRanking(main, options)}\n${renderOverview(distinct, colour)}`;
}

function selectRankings(rankings: readonly Ranking[], wanted: string): readonly Ranking[] {
  if (wanted === ALL) return rankings;
  const selected = rankings.filter((ranking) => ranking.configuration === wanted);
  if (selected.length > 0) return selected;
  const names = [...new Set(rankings.map((ranking) => ranking.configuration))].map((name) => `"${name}"`).join(", ");
  throw new TelltaleError("BAD_ARGUMENT", `The run has no configuration "${wanted}". Choose one of ${names} or "all".`);
}

/** The run's own settings; with a preset, its statistics and filters, and what the run was to list and to look for. */
async function startingSettings(directory: string, preset: RankPreset | undefined): Promise<RankSettings> {
  const own = await settingsOfRun(directory);
  if (preset === undefined) return own;
  return { ...presetRankSettings(preset), top: own.top, keywords: own.keywords };
}

/** The settings that the run itself was ranked with; the default preset's where run.json does not say. */
async function settingsOfRun(directory: string): Promise<RankSettings> {
  try {
    const run = (await readJson(runPaths(directory).run)) as { options?: { rank?: unknown } } | null;
    return checkRankSettings(run?.options?.rank);
  } catch (error) {
    // A missing directory is reported by what needs it more; a run can be ranked without its settings.
    if (error instanceof TelltaleError && error.code !== "FILE_UNREADABLE") {
      note(`The run's own ranking settings cannot be used (${error.message}), so the default ones are.`);
    }
    return presetRankSettings("default");
  }
}

async function noteUnfinished(directory: string, { rankings }: Rankings): Promise<void> {
  try {
    await stat(runPaths(directory).summary);
    return;
  } catch {
    // Its absence is what tells an unfinished run.
  }
  const pooled = rankings.find((ranking) => ranking.configuration === POOLED);
  if (pooled === undefined) return;
  const { unscored } = pooled.dropped;
  const total = Object.values(pooled.dropped).reduce((sum, dropped) => sum + dropped, pooled.count);
  const scored = unscored === 0 ? "all scored by both models" : `${formatCount(unscored)} not scored by both models`;
  const captured = pooled.captured?.completions ?? 0;
  const how = captured === 0 ? "" : `, ${formatCount(captured)} of them only as captured while generating`;
  note(`The run is unfinished: ${formatCount(total)} completions so far, ${scored}${how}.`);
}

function note(sentence: string): void {
  process.stderr.write(`telltale: ${escapeForTerminal(sentence)}\n`);
}
