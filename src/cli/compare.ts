import { Command, Option } from "commander";
import { TelltaleError } from "../errors.js";
import { POOLED } from "../rank/rankings.js";
import type { RankPreset } from "../rank/settings.js";
import { compareRuns } from "../report/compare.js";
import { renderComparisonHtml } from "../report/comparison-html.js";
import type { Comparison } from "../report/comparison-schema.js";
import { examples } from "./help-format.js";
import { note } from "./notes.js";
import { addReadingOptions, type RankOptionValues, rankSettingsFrom } from "./rank-options.js";
import { startingSettings } from "./run-settings.js";
import { renderComparison } from "./terminal/comparison.js";
import { jsonLine } from "./terminal/escape.js";
import { columnsOf, usesColour } from "./terminal/stream.js";
import { writeOutput } from "./write-output.js";

interface CompareValues extends RankOptionValues {
  preset?: RankPreset;
  configuration: string;
  all?: boolean;
  json?: boolean;
  html?: string;
}

const EXAMPLES = `Examples:
  telltale compare runs/organism runs/control
  telltale compare runs/q8 runs/q4 --html comparison.html
  telltale compare runs/one-reference runs/another --keyword "glass; halden"
  telltale compare runs/q8 runs/q4 runs/f16 --statistic logRatio --json
`;

/** `telltale compare`: several runs in one table. */
export function compareCommand(): Command {
  const command = new Command("compare")
    .summary("set several runs beside each other")
    .description(
      "Ranks several runs with the same settings and shows what each found, how far their lists agree, and what differs in how they were made. No model is needed.",
    )
    .argument("<runs...>", "directories of two runs or more")
    .addHelpText("before", examples(EXAMPLES));
  return addReadingOptions(command, "the first run's own")
    .option("--configuration <name>", "the configuration that is compared", POOLED)
    .option("--all", "name every difference in the manifests, times, folders and the machine's too")
    .option("--html <file>", 'write it as one HTML page that needs nothing else; "-" for stdout')
    .addOption(
      new Option("--json", "write the comparison to stdout as JSON (schemas/comparison.schema.json)").conflicts("html"),
    )
    .action(compare);
}

async function compare(directories: readonly string[], values: CompareValues): Promise<void> {
  const settings = await rankSettingsFrom(values, await startingSettings(directories[0] ?? "", values.preset));
  const comparison = await compareRuns(directories, settings, {
    onProblem: (run, { sentence }) => note(`${run}: ${sentence}`),
  });
  for (const { name, finished } of comparison.runs) if (!finished) note(`${name}: The run is unfinished.`);
  if (values.json) {
    process.stdout.write(jsonLine(comparison));
    return;
  }
  checkConfiguration(comparison, values.configuration);
  if (values.html !== undefined) {
    await writeOutput(values.html, [renderComparisonHtml(comparison, values)], "comparison");
    return;
  }
  const style = { columns: columnsOf(process.stdout), colour: usesColour(process.stdout) };
  const { configuration, all = false } = values;
  process.stdout.write(renderComparison(comparison, { ...style, configuration, all }));
}

function checkConfiguration({ runs }: Comparison, wanted: string): void {
  const names = new Set(runs.flatMap(({ rankings }) => rankings.map(({ configuration }) => configuration)));
  if (names.has(wanted)) return;
  const choice = [...names].map((name) => `"${name}"`).join(", ");
  throw new TelltaleError("BAD_ARGUMENT", `None of the runs has a configuration "${wanted}". Choose one of ${choice}.`);
}
