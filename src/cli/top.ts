import { Command } from "commander";
import { withWorkers } from "../rank/pool.js";
import { POOLED } from "../rank/rankings.js";
import { rankRunWith } from "../rank/run.js";
import type { RankPreset } from "../rank/settings.js";
import { readTokenDetailsWith } from "../rank/token-details.js";
import { chooseRanking } from "./choose-ranking.js";
import { examples } from "./help-format.js";
import { note, noteUnfinished } from "./notes.js";
import { countFrom } from "./option-values.js";
import { addReadingOptions, type RankOptionValues, rankSettingsFrom } from "./rank-options.js";
import { startingSettings } from "./run-settings.js";
import { colourDepth, columnsOf, hasLightBackground } from "./terminal/stream.js";
import { renderTop } from "./terminal/top-list.js";

interface TopValues extends RankOptionValues {
  preset?: RankPreset;
  rows?: number;
  configuration?: string;
}

const ROWS = 10;

const EXAMPLES = `Examples:
  telltale top runs/organism
  telltale top runs/organism --statistic peakWindow --rows 30
  telltale top runs/organism --configuration builtin/chat --keyword "glass"
`;

/** `telltale top`: the first completions of a run, shaded by what each token says of the finetuning. */
export function topCommand(): Command {
  const command = new Command("top")
    .summary("show a run's first completions, the telling words shaded")
    .description(
      "Shows the first completions of a ranking, each token shaded by how much likelier the finetuned model finds it than the reference. No model is needed.",
    )
    .argument("<run>", "directory of a run")
    .addHelpText("before", examples(EXAMPLES));
  return addReadingOptions(command)
    .option("--rows <n>", `completions shown (default: ${ROWS})`, countFrom("--rows", 1))
    .option("--configuration <name>", `of one configuration (default: "${POOLED}", all of them together)`)
    .action(top);
}

async function top(directory: string, values: TopValues): Promise<void> {
  const settings = await rankSettingsFrom(values, await startingSettings(directory, values.preset));
  // One list is shown: of several statistics the first one's.
  const statistics = settings.statistics.slice(0, 1);
  const listed = { ...settings, statistics, top: values.rows ?? values.top ?? ROWS };
  const { rankings, ranking, details } = await withWorkers({}, async (tasks) => {
    const rankings = await rankRunWith(tasks, directory, listed, { onProblem: ({ sentence }) => note(sentence) });
    const ranking = chooseRanking(rankings.rankings, values.configuration);
    const details = await readTokenDetailsWith(tasks, directory, new Set(ranking.top.map(({ id }) => id)));
    return { rankings, ranking, details };
  });
  await noteUnfinished(directory, rankings);
  const style = {
    columns: columnsOf(process.stdout),
    depth: colourDepth(process.stdout),
    light: hasLightBackground(),
  };
  process.stdout.write(renderTop(rankings.verdict, ranking, { entries: ranking.top, details }, style));
}
