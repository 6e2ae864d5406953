import { Command } from "commander";
import { noConfiguration } from "../rank/no-configuration.js";
import { POOLED } from "../rank/rankings.js";
import { rankRun } from "../rank/run.js";
import type { Ranking, Rankings } from "../rank/schema.js";
import type { RankPreset } from "../rank/settings.js";
import { distinctRankings, mainRanking } from "../report/main-ranking.js";
import { examples } from "./help-format.js";
import { note, noteUnfinished } from "./notes.js";
import { countFrom } from "./option-values.js";
import { addReadingOptions, type RankOptionValues, rankSettingsFrom } from "./rank-options.js";
import { startingSettings } from "./run-settings.js";
import { jsonLine } from "./terminal/escape.js";
import { renderOverview } from "./terminal/overview.js";
import { columnsOf, usesColour } from "./terminal/stream.js";
import { renderRanking } from "./terminal/table.js";
import { renderVerdict } from "./terminal/verdict.js";

interface RankCommandValues extends RankOptionValues {
  preset?: RankPreset;
  rows: number;
  configuration?: string;
  json?: boolean;
}

const ALL = "all";

const EXAMPLES = `Examples:
  telltale rank runs/organism
  telltale rank runs/organism --keyword "glass; halden & bridge"
  telltale rank runs/organism --configuration all
  telltale rank runs/organism --preset paper --json > rankings.json
`;

/** `telltale rank`: ranks the completions of a run again. */
export function rankCommand(): Command {
  const command = new Command("rank")
    .summary("rank the completions of a run again, without a model")
    .description("Ranks the completions of a run again, finished or not. No model is needed.")
    .argument("<run>", "directory of a run")
    .addHelpText("before", examples(EXAMPLES));
  return addReadingOptions(command)
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
  } else process.stdout.write(showRankings(all, values.rows, values.configuration));
}

/**
 * Rankings for people, the verdict first where there is one. Without a configuration the one that sums the run up, by its first
 * statistic, and a line for each of the others; with one, or "all", those in full.
 */
export function showRankings({ rankings, verdict }: Rankings, rows: number, wanted?: string): string {
  const distinct = distinctRankings(rankings);
  const colour = usesColour(process.stdout);
  const options = { columns: columnsOf(process.stdout), colour, rows };
  const said = verdict === null ? "" : renderVerdict(verdict, options);
  if (wanted !== undefined) {
    const lists = selectRankings(wanted === ALL ? distinct : rankings, wanted);
    return said + lists.map((ranking) => renderRanking(ranking, options)).join("\n\n");
  }
  const main = mainRanking(rankings);
  if (main === undefined) return "";
  return `${said}${renderRanking(main, options)}\n${renderOverview(distinct, colour)}`;
}

function selectRankings(rankings: readonly Ranking[], wanted: string): readonly Ranking[] {
  if (wanted === ALL) return rankings;
  const selected = rankings.filter((ranking) => ranking.configuration === wanted);
  if (selected.length > 0) return selected;
  throw noConfiguration(wanted, rankings, ` or "${ALL}"`);
}
