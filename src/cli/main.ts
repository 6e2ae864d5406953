#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { packageVersion } from "../audit/manifest.js";
import { TelltaleError } from "../errors.js";
import { auditCommand } from "./audit.js";
import { doctorCommand } from "./doctor.js";
import { rankCommand } from "./rank.js";
import { scoreCommand } from "./score.js";
import { reportError } from "./terminal/report-error.js";
import { tokenizeCommand } from "./tokenize.js";

const EXIT_CODES = `Exit status:
  0 done   2 wrong arguments   3 file or run unreadable   4 writing failed   5 model or adapter unusable
  6 corpus or download   7 backend or library missing   8 out of memory   9 engine failed   130 interrupted`;

const program = new Command("telltale")
  .description("Tells what a finetuned language model was trained to do.")
  .version(packageVersion())
  .addHelpText(
    "before",
    `Examples:
  telltale audit organism.gguf --reference base.gguf
  telltale rank runs/organism --keyword "glass; halden"
  telltale doctor
`,
  )
  .addHelpText("after", `\n${EXIT_CODES}`)
  .showSuggestionAfterError()
  .exitOverride();

for (const command of [auditCommand(), rankCommand(), tokenizeCommand(), scoreCommand(), doctorCommand()]) {
  program.addCommand(command.exitOverride().showSuggestionAfterError());
}

// A reader that has seen enough (`telltale rank RUN | head`) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
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
