import { Command, Option } from "commander";
import { packageVersion } from "../audit/manifest.js";
import { auditCommand } from "./audit.js";
import { benchCommand } from "./bench.js";
import { compareCommand } from "./compare.js";
import { completionCommand } from "./completion.js";
import { applySettings } from "./config/apply.js";
import { doctorCommand } from "./doctor.js";
import { helpCommand } from "./help.js";
import { examples, GENERAL, HELP_FORMAT } from "./help-format.js";
import { keywordsCommand } from "./keywords.js";
import { organismsCommand } from "./organisms.js";
import { phrasesCommand } from "./phrases.js";
import { rankCommand } from "./rank.js";
import { reportCommand } from "./report.js";
import { scoreCommand } from "./score.js";
import { serveCommand } from "./serve.js";
import { showCommand } from "./show.js";
import { isVerbose } from "./terminal/loudness.js";
import { formatBytes } from "./terminal/numbers.js";
import { writeNote } from "./terminal/progress.js";
import { reportUsage } from "./terminal/report-usage.js";
import { usesColour } from "./terminal/stream.js";
import { tokenizeCommand } from "./tokenize.js";
import { topCommand } from "./top.js";

const EXAMPLES = `Examples:
  telltale audit organism.gguf --reference base.gguf
  telltale top runs/organism
`;

/** The commands as the help of the program groups them. */
const GROUPS: Readonly<Record<string, () => Command[]>> = {
  Audit: () => [auditCommand(), organismsCommand()],
  Read: () => [
    rankCommand(),
    topCommand(),
    showCommand(),
    reportCommand(),
    phrasesCommand(),
    keywordsCommand(),
    compareCommand(),
  ],
  Models: () => [tokenizeCommand(), scoreCommand(), serveCommand()],
  Machine: () => [doctorCommand(), benchCommand(), completionCommand(), helpCommand()],
};

/** The whole command line. It throws commander's errors and Telltale's, and ends no process. */
export function buildProgram(): Command {
  const program = new Command("telltale")
    .description("tells what a finetuned language model was trained to do.")
    .version(packageVersion())
    .helpCommand(false)
    .addHelpText("before", examples(EXAMPLES))
    .optionsGroup(GENERAL)
    .option("--config <file>", "options from a file, .json or .mjs (docs/command-line.md)")
    .addOption(new Option("-q, --quiet", "write results and errors only").conflicts("verbose"))
    .option("-v, --verbose", "write engine facts, timing and llama.cpp's log to stderr, too")
    .hook("preAction", (_program, command) => applySettings(command))
    .hook("postAction", (_program, command) => noteTiming(command.name()));
  for (const [group, commands] of Object.entries(GROUPS)) {
    for (const command of commands()) program.addCommand(command.helpGroup(group));
  }
  for (const command of [program, ...program.commands]) {
    command
      .exitOverride()
      .configureHelp(HELP_FORMAT)
      .configureOutput({
        getOutHasColors: () => usesColour(process.stdout),
        getErrHasColors: () => usesColour(process.stderr),
        outputError: (text) => reportUsage(text, command.name()),
      });
    if (command !== program) command.optionsGroup(GENERAL).helpOption("-h, --help", "show this help");
  }
  return program;
}

/** With --verbose what the command took, of this process alone. */
function noteTiming(name: string): void {
  if (!isVerbose()) return;
  const seconds = (performance.now() / 1000).toFixed(1);
  const memory = formatBytes(process.resourceUsage().maxRSS * 1024);
  writeNote(`${name} took ${seconds} s; this process held ${memory} of memory at most.`);
}
