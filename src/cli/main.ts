#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { packageVersion } from "../audit/manifest.js";
import { TelltaleError } from "../errors.js";
import { writeFailed } from "../io-errors.js";
import { auditCommand } from "./audit.js";
import { benchCommand } from "./bench.js";
import { compareCommand } from "./compare.js";
import { doctorCommand } from "./doctor.js";
import { keywordsCommand } from "./keywords.js";
import { organismsCommand } from "./organisms.js";
import { phrasesCommand } from "./phrases.js";
import { rankCommand } from "./rank.js";
import { reportCommand } from "./report.js";
import { scoreCommand } from "./score.js";
import { serveCommand } from "./serve.js";
import { showCommand } from "./show.js";
import { escapeForTerminal } from "./terminal/escape.js";
import { reportError } from "./terminal/report-error.js";
import { tokenizeCommand } from "./tokenize.js";
import { topCommand } from "./top.js";

const EXIT_CODES = `Exit status:
  0  done                        6    corpus or download
  2  wrong arguments             7    backend or library missing
  3  file or run unreadable      8    out of memory
  4  writing failed              9    engine failed
  5  model or adapter unusable   130  interrupted`;

/** What a wrong argument says may be a file's name that the shell put there. */
const SAFE_ERRORS = {
  outputError: (text: string, write: (text: string) => void) =>
    write(text.split("\n").map(escapeForTerminal).join("\n")),
};

const program = new Command("telltale")
  .description("Tells what a finetuned language model was trained to do.")
  .version(packageVersion())
  .addHelpText(
    "before",
    `Examples:
  telltale audit organism.gguf --reference base.gguf
  telltale rank runs/organism --keyword "glass; halden"
  telltale top runs/organism
  telltale report runs/organism
  telltale doctor
`,
  )
  .addHelpText("after", `\n${EXIT_CODES}`)
  .showSuggestionAfterError()
  .configureOutput(SAFE_ERRORS)
  .exitOverride();

for (const command of [
  auditCommand(),
  rankCommand(),
  topCommand(),
  showCommand(),
  reportCommand(),
  compareCommand(),
  keywordsCommand(),
  phrasesCommand(),
  organismsCommand(),
  tokenizeCommand(),
  scoreCommand(),
  serveCommand(),
  benchCommand(),
  doctorCommand(),
]) {
  program.addCommand(command.exitOverride().showSuggestionAfterError().configureOutput(SAFE_ERRORS));
}

// Node.js would show it as it is, with whatever a model or a server has put into it.
process.on("uncaughtException", (error) => {
  reportError(error);
  process.exit(error instanceof TelltaleError ? error.exitCode : 1);
});

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // A reader that has seen enough (`telltale rank RUN | head`) is no failure.
  if (error.code === "EPIPE") process.exit(0);
  const failure = writeFailed("standard output", error);
  reportError(failure);
  process.exit(failure.exitCode);
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    reportError(error);
    process.exitCode = error instanceof TelltaleError ? error.exitCode : 1;
  }
}
