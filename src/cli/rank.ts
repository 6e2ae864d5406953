import { stat } from "node:fs/promises";
import { Command, Option } from "commander";
import { TelltaleError } from "../errors.js";
import { runPaths } from "../journal/files.js";
import { readJson } from "../journal/json-file.js";
import { POOLED } from "../rank/rankings.js";
import { rankRun } from "../rank/run.js";
import type { Ranking, Rankings } from "../rank/schema.js";
import type { RankPreset } from "../rank/settings.js";
import { addRankOptions, countFrom, type RankOptionValues, rankSettingsFrom } from "./rank-options.js";
import { escapeForTerminal, jsonLine } from "./terminal/escape.js";
import { formatCount } from "./terminal/numbers.js";
import { columnsOf, usesColour } from "./terminal/stream.js";
import { renderRanking } from "./terminal/table.js";

interface RankCommandValues extends RankOptionValues {
  preset?: RankPreset;
  rows: number;
  configuration?: string;
  json?: boolean;
}

const PRESETS: readonly RankPreset[] = ["default", "paper", "quick"];

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
    .addHelpText("before", EXAMPLES)
    .addOption(new Option("--preset <name>", "settings to start from (default: the run's own)").choices(PRESETS));
  return addRankOptions(command)
    .option("--rows <n>", "completions shown per ranking, without --json", countFrom("--rows", 0), 10)
    .option("--configuration <name>", `only this configuration, or "${POOLED}" (default: all)`)
    .option("--json", "write the rankings to stdout as JSON (schemas/rankings.schema.json)")
    .action(rank);
}

async function rank(directory: string, values: RankCommandValues): Promise<void> {
  const settings = await rankSettingsFrom(values, values.preset ?? (await presetOfRun(directory)));
  // What is to be shown has to be listed.
  if (!values.json) settings.top = Math.max(settings.top, values.rows);
  const all = await rankRun(directory, settings, { onProblem: ({ sentence }) => note(sentence) });
  await noteUnfinished(directory, all);
  const rankings = selectRankings(all, values.configuration);
  if (values.json) process.stdout.write(jsonLine({ ...all, rankings }));
  else process.stdout.write(showRankings(rankings, values.rows));
}

/** Rankings for people, as many rows of each as asked for. */
export function showRankings(rankings: readonly Ranking[], rows: number): string {
  const names = new Set(rankings.map((ranking) => ranking.configuration));
  // Of a single configuration, all of them together are the same once more.
  const shown = names.size === 2 ? rankings.filter((ranking) => ranking.configuration !== POOLED) : rankings;
  const options = { columns: columnsOf(process.stdout), colour: usesColour(process.stdout), rows };
  return shown.map((ranking) => renderRanking(ranking, options)).join("\n\n");
}

function selectRankings({ rankings }: Rankings, wanted: string | undefined): Ranking[] {
  if (wanted === undefined) return rankings;
  const selected = rankings.filter((ranking) => ranking.configuration === wanted);
  if (selected.length > 0) return selected;
  const names = [...new Set(rankings.map((ranking) => ranking.configuration))].map((name) => `"${name}"`).join(", ");
  throw new TelltaleError("BAD_ARGUMENT", `The run has no configuration "${wanted}". Choose one of ${names}.`);
}

/** The preset that run.json names; "default" where it names none. */
async function presetOfRun(directory: string): Promise<RankPreset> {
  let run: unknown;
  try {
    run = await readJson(runPaths(directory).run);
  } catch (error) {
    // A missing directory is reported by what needs it more; a run can be ranked without its settings.
    if (error instanceof TelltaleError && error.code === "BAD_RUN") note(`${error.message} Its preset is unknown.`);
    return "default";
  }
  const preset = typeof run === "object" && run !== null && "preset" in run ? run.preset : undefined;
  return PRESETS.find((name) => name === preset) ?? "default";
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
  note(`The run is unfinished: ${formatCount(total)} completions so far, ${scored}.`);
}

function note(sentence: string): void {
  process.stderr.write(`telltale: ${escapeForTerminal(sentence)}\n`);
}
