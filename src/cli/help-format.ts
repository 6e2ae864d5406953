import type { Command, Option } from "commander";
import { Help } from "commander";
import { createColors } from "picocolors";
import { packageVersion } from "../audit/manifest.js";
import { usesColour } from "./terminal/stream.js";

/** The heading of what every command takes. */
export const GENERAL = "General:";

const FOOT = "More: telltale COMMAND --help, telltale help exit-codes (or environment)";

/** The examples that a command's help begins with; the text's first line is their heading. */
export function examples(text: string): (context: { error: boolean }) => string {
  const [heading = "", ...lines] = text.split("\n");
  return ({ error }) => [bold(heading, error), ...lines].join("\n");
}

/** The help of every command has one look, and that of the program fits on a screen. */
export const HELP_FORMAT: Partial<Help> = {
  formatHelp: (command, helper) =>
    command.parent === null ? programHelp(command, helper) : Help.prototype.formatHelp.call(helper, command, helper),
  visibleOptions: (command) => [
    ...Help.prototype.visibleOptions.call(new Help(), command),
    ...(command.parent === null ? [] : generalOptions(command.parent)),
  ],
  styleTitle: (title) => createColors(true).bold(title),
};

/** The options of the program that every command takes, too. */
export function generalOptions(program: Command): Option[] {
  return program.options.filter((option) => option.helpGroupHeading === GENERAL);
}

function programHelp(program: Command, helper: Help): string {
  const commands = helper.visibleCommands(program);
  const groupWidth = Math.max(...commands.map((command) => command.helpGroup().length)) + 2;
  const nameWidth = Math.max(...commands.map((command) => command.name().length)) + 2;
  const rows = commands.map((command, i) => {
    const group = command.helpGroup() === commands[i - 1]?.helpGroup() ? "" : command.helpGroup();
    const beginning = helper.styleTitle(group) + " ".repeat(groupWidth - group.length);
    return `${beginning}${command.name().padEnd(nameWidth)}${command.summary()}`;
  });
  const title = `telltale ${packageVersion()} ${program.description()}`;
  return [title, "", ...rows, "", FOOT, ""].join("\n");
}

function bold(text: string, error: boolean): string {
  return createColors(usesColour(error ? process.stderr : process.stdout)).bold(text);
}
