import { join } from "node:path";
import { Command, Option } from "commander";
import type { RankPreset } from "../rank/settings.js";
import { renderCsv } from "../report/csv.js";
import type { ReportData } from "../report/data.js";
import { renderHtml } from "../report/html.js";
import { renderJsonLines } from "../report/json-lines.js";
import { renderMarkdown } from "../report/markdown.js";
import { readReport } from "../report/read.js";
import { examples } from "./help-format.js";
import { note } from "./notes.js";
import { addReadingOptions, type RankOptionValues, rankSettingsFrom } from "./rank-options.js";
import { startingSettings } from "./run-settings.js";
import { writeOutput } from "./write-output.js";

interface ReportValues extends RankOptionValues {
  preset?: RankPreset;
  output?: string;
  markdown?: boolean;
  jsonl?: boolean;
  csv?: boolean;
}

interface Form {
  /** Name of the file in the run's directory. */
  file: string;
  render: (data: ReportData) => Iterable<string>;
}

const EXAMPLES = `Examples:
  telltale report runs/organism
  telltale report runs/organism --top 500 --keyword "glass" -o organism.html
  telltale report runs/organism --markdown -o - | gh pr comment 12 --body-file -
  telltale report runs/organism --csv
`;

/** `telltale report`: a run as a page to read, or as a file for other programs. */
export function reportCommand(): Command {
  const command = new Command("report")
    .summary("write a run as an HTML page, Markdown, JSON Lines or CSV")
    .description(
      "Writes a run's report: one HTML file that needs nothing else and shows the verdict, what the top completions talk about, every ranking token by token, what was left out, and the manifest. No model is needed.",
    )
    .argument("<run>", "directory of a run, finished or not")
    .addHelpText("before", examples(EXAMPLES));
  return addReadingOptions(command)
    .option(
      "-o, --output <file>",
      'where to write it, "-" for stdout (default: report.html, .md, .jsonl or .csv in the run)',
    )
    .addOption(form("--markdown", "GitHub's Markdown: the verdict, the themes and the first 20 completions"))
    .addOption(form("--jsonl", "every entry of every list as JSON, with its tokens' log-probabilities"))
    .addOption(form("--csv", "every entry of every list as CSV; a text like a formula has an apostrophe before it"))
    .action(report);
}

function form(flag: string, description: string): Option {
  const others = ["markdown", "jsonl", "csv"].filter((name) => `--${name}` !== flag);
  return new Option(flag, description).conflicts(others);
}

async function report(directory: string, values: ReportValues): Promise<void> {
  const settings = await rankSettingsFrom(values, await startingSettings(directory, values.preset));
  const data = await readReport(directory, settings);
  for (const { sentence } of data.problems) note(sentence);
  if (!data.finished) note("The run is unfinished: the report shows what there is so far.");
  const { file, render } = formOf(values);
  await writeOutput(values.output ?? join(directory, file), render(data), "report");
}

function formOf({ markdown, jsonl, csv }: ReportValues): Form {
  if (markdown) return { file: "report.md", render: (data) => [renderMarkdown(data)] };
  if (jsonl) return { file: "report.jsonl", render: renderJsonLines };
  if (csv) return { file: "report.csv", render: renderCsv };
  return { file: "report.html", render: (data) => [renderHtml(data)] };
}
