import { Command } from "commander";
import { rankCommand } from "#telltale/cli/rank.js";
import { escapeForTerminal } from "#telltale/cli/terminal/escape.js";
import { TelltaleError } from "#telltale/errors.js";

const command = rankCommand().exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
try {
  await new Command("telltale").addCommand(command).parseAsync();
} catch (error) {
  if (!(error instanceof TelltaleError)) throw error;
  process.stderr.write(`telltale: ${escapeForTerminal(error.message)}\n`);
  process.exitCode = error.exitCode;
}
