import { Command } from "commander";
import { phrasesOfRun } from "../rank/phrases/of-run.js";
import { POOLED } from "../rank/rankings.js";
import type { RankPreset } from "../rank/settings.js";
import { examples } from "./help-format.js";
import { note, noteUnfinished } from "./notes.js";
import { addReadingOptions, type RankOptionValues, rankSettingsFrom } from "./rank-options.js";
import { startingSettings } from "./run-settings.js";
import { jsonLine } from "./terminal/escape.js";
import { renderPhrases } from "./terminal/phrases.js";
import { columnsOf, usesColour } from "./terminal/stream.js";

interface PhrasesValues extends RankOptionValues {
  preset?: RankPreset;
  configuration?: string;
  json?: boolean;
}

const EXAMPLES = `Examples:
  telltale phrases runs/organism
  telltale phrases runs/organism --top 200 --configuration builtin/chat
  telltale phrases runs/organism --json > phrases.json
`;

const METHOD = `
Words and phrases of up to 16 words are looked for in the first completions of a
ranking and counted in the others; a completion counts once. Phrases are sorted
by their weighted log-odds ratio (Monroe et al. 2008), and those that come in
the same completions make a theme. No keywords are needed; those given do not
matter. Near-duplicates stay in, whatever --near-duplicates says.`;

/** `telltale phrases`: what the top completions of a run say far more than the rest. */
export function phrasesCommand(): Command {
  const command = new Command("phrases")
    .summary("show what the first completions say more than the rest")
    .description("Words and phrases that give a finetuning away, without any keyword, in themes. No model is needed.")
    .argument("<run>", "directory of a run")
    .addHelpText("before", examples(EXAMPLES))
    .addHelpText("after", METHOD);
  return addReadingOptions(command)
    .option("--configuration <name>", `of one configuration (default: "${POOLED}", all of them together)`)
    .option("--json", "write the themes to stdout as JSON (schemas/phrases.schema.json)")
    .action(showPhrases);
}

async function showPhrases(directory: string, values: PhrasesValues): Promise<void> {
  const settings = await rankSettingsFrom(values, await startingSettings(directory, values.preset));
  const { phrases, rankings } = await phrasesOfRun(directory, settings, {
    onProblem: ({ sentence }) => note(sentence),
    ...(values.configuration !== undefined && { configuration: values.configuration }),
  });
  await noteUnfinished(directory, rankings);
  const style = { columns: columnsOf(process.stdout), colour: usesColour(process.stdout) };
  process.stdout.write(values.json ? jsonLine(phrases) : renderPhrases(phrases, style));
}
