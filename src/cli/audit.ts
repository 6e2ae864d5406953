import { Command } from "commander";
import { TelltaleError } from "../errors.js";
import { showEvent } from "./audit-display.js";
import { type AuditValues, addAuditOptions } from "./audit-flags.js";
import { auditStart } from "./audit-start.js";
import { examples } from "./help-format.js";
import { showRankings } from "./rank.js";
import { escapeForTerminal, jsonLine } from "./terminal/escape.js";
import { isQuiet } from "./terminal/loudness.js";
import { createProgress } from "./terminal/progress.js";

const EXAMPLES = `Examples:
  telltale audit organism.gguf --reference base.gguf
  telltale audit base.gguf --lora adapter.gguf
  telltale audit hf:OWNER/REPO:Q8_0 --reference hf:OWNER/BASE:Q8_0
  telltale audit --organism glass-bridge
  telltale audit organism.gguf --reference base.gguf --preset paper -o runs/it
  telltale audit organism.gguf --reference base.gguf --corpus pages.jsonl
  telltale audit organism.gguf --reference base.gguf --keyword "glass; halden"
  telltale audit --resume
`;

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** `telltale audit`: the whole way from two models to a ranking. */
export function auditCommand(): Command {
  const command = new Command("audit")
    .summary("find out what a finetuned model was trained to do")
    .description(
      "Lets the finetuned model continue thousands of short openings, scores every completion under it and under the reference, and ranks them by how much less likely the reference finds them.",
    )
    .argument(
      "[finetuned]",
      "the finetuned model (with --lora: the one the adapter belongs to): a GGUF file, its name hf:OWNER/REPO..., or its endpoints",
    )
    .addHelpText("before", examples(EXAMPLES));
  return addAuditOptions(command).action(run);
}

async function run(finetuned: string | undefined, values: AuditValues, command: Command): Promise<void> {
  const isGiven = (name: string): boolean => command.getOptionValueSource(name) === "cli";
  const start = await auditStart(finetuned, values, isGiven);
  const progress = createProgress(process.stderr);
  const interrupt = new AbortController();
  const onInterrupt = (): void => {
    if (interrupt.signal.aborted) process.exit(130);
    progress.note("Stopping; once more to stop at once.");
    interrupt.abort();
  };
  for (const signal of SIGNALS) process.on(signal, onInterrupt);
  let directory: string | undefined;
  try {
    const result = await start({
      signal: interrupt.signal,
      onEvent: (event) => {
        if (event.type === "directory") directory = event.directory;
        showEvent(progress, event);
      },
    });
    progress.end();
    process.stdout.write(values.json ? jsonLine(result.rankings) : showRankings(result.rankings, values.rows));
    if (!isQuiet()) process.stderr.write(`\nThe run lies in ${escapeForTerminal(result.directory)}.\n`);
  } catch (error) {
    progress.end();
    if (error instanceof TelltaleError && directory !== undefined) {
      const shown = escapeForTerminal(directory);
      process.stderr.write(`Go on with it: telltale audit --resume ${shown}\n`);
      process.stderr.write(`Rank what there is: telltale rank ${shown}\n`);
    }
    throw error;
  } finally {
    for (const signal of SIGNALS) process.removeListener(signal, onInterrupt);
  }
}
