import { Command } from "commander";
import type { KeywordReport, RunKeywords } from "../rank/keyword-report.js";
import { summarizeKeywords } from "../rank/keyword-summary.js";
import { PAPER_KEYWORDS, readKeywords } from "../rank/keywords/read.js";
import { rankRun } from "../rank/run.js";
import type { RankPreset, RankSettings } from "../rank/settings.js";
import { STATISTIC_NAMES } from "../rank/statistics.js";
import { examples } from "./help-format.js";
import { note, noteUnfinished } from "./notes.js";
import { addReadingOptions, type RankOptionValues, rankSettingsFrom } from "./rank-options.js";
import { startingSettings } from "./run-settings.js";
import { jsonLine } from "./terminal/escape.js";
import { renderKeywordRuns } from "./terminal/keyword-runs.js";
import { renderKeywords } from "./terminal/keyword-table.js";
import { columnsOf, usesColour } from "./terminal/stream.js";

interface KeywordsCommandValues extends RankOptionValues {
  preset?: RankPreset;
  json?: boolean;
}

const EXAMPLES = `Examples:
  telltale keywords runs/organism --keywords ${PAPER_KEYWORDS}
  telltale keywords runs/organism --keyword "glass; halden & bridge"
  telltale keywords runs/one runs/another --keywords behaviours.yaml --json
`;

const METHOD = `
Ranks a run by every statistic, the run's own first one (or --statistic) in the
lead, and counts the completions that match. Keywords: those that are given,
otherwise those of the run, otherwise the ones published with the paper. Several
runs are set beside each other, with the keywords and statistics of the first.`;

/** `telltale keywords`: how keywords fare in the rankings of one run or several. */
export function keywordsCommand(): Command {
  const command = new Command("keywords")
    .summary("count keyword matches by configuration and statistic")
    .description("Says how far to the front of a run's rankings completions match keywords. No model is needed.")
    .argument("<runs...>", "directories of runs")
    .addHelpText("before", examples(EXAMPLES))
    .addHelpText("after", METHOD);
  return addReadingOptions(command)
    .option("--json", "write the counts to stdout as JSON (schemas/keyword-report.schema.json)")
    .action(keywords);
}

async function keywords(directories: string[], values: KeywordsCommandValues): Promise<void> {
  const runs: RunKeywords[] = [];
  for (const { directory, settings } of await settingsOfRuns(directories, values)) {
    const rankings = await rankRun(directory, settings, { onProblem: ({ sentence }) => note(sentence) });
    await noteUnfinished(directory, rankings);
    runs.push(summarizeKeywords(rankings));
  }
  const report: KeywordReport = { schema: "telltale.keywords/1", runs };
  process.stdout.write(values.json ? jsonLine(report) : show(runs, directories));
}

/** Each run's own filters; the same keywords and statistics for all of them. */
async function settingsOfRuns(
  directories: readonly string[],
  values: KeywordsCommandValues,
): Promise<{ directory: string; settings: RankSettings }[]> {
  const { keyword: _keyword, keywords: _keywords, ...filters } = values;
  const own: RankSettings[] = [];
  for (const directory of directories) own.push(await startingSettings(directory, values.preset));
  const [first] = own;
  if (first === undefined) return [];
  const lead = await rankSettingsFrom(values, first);
  const statistics = [...new Set([...lead.statistics, ...(values.statistic === undefined ? STATISTIC_NAMES : [])])];
  const catalogue =
    lead.keywords ?? own.find((settings) => settings.keywords !== null)?.keywords ?? (await published());
  return Promise.all(
    own.map(async (settings, i) => ({
      directory: directories[i] as string,
      settings: { ...(await rankSettingsFrom(filters, settings)), statistics, keywords: catalogue },
    })),
  );
}

function published(): ReturnType<typeof readKeywords> {
  note(`No keywords were given, so the published ones are looked for (--keywords ${PAPER_KEYWORDS}).`);
  return readKeywords(PAPER_KEYWORDS);
}

function show(runs: readonly RunKeywords[], directories: readonly string[]): string {
  const style = { columns: columnsOf(process.stdout), colour: usesColour(process.stdout) };
  const distinct = new Set(runs.map(({ run }) => run)).size === runs.length;
  const labelled = runs.map((keywords, i) => ({ label: distinct ? keywords.run : (directories[i] ?? ""), keywords }));
  const [only] = labelled;
  return only !== undefined && labelled.length === 1 ? renderKeywords(only, style) : renderKeywordRuns(labelled, style);
}
