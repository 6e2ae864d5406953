// Loaded before the command line: instead of obeying, it says which commands and options there are.
import { Command } from "commander";

const flags = (command) => command.options.flatMap(({ short, long }) => [short, long].filter(Boolean));

Command.prototype.parseAsync = async function dump() {
  const commands = this.commands.flatMap((command) =>
    [command.name(), ...command.aliases()].map((name) => [name, flags(command)]),
  );
  console.log(JSON.stringify({ global: flags(this), commands: Object.fromEntries(commands) }));
  return this;
};
