import { Command } from "commander";
import { TelltaleError } from "../errors.js";
import { quoted } from "../safe-text.js";
import { didYouMean } from "./did-you-mean.js";
import { examples } from "./help-format.js";
import { HELP_TOPICS, topicText } from "./help-topics.js";

const EXAMPLES = `Examples:
  telltale help
  telltale help audit
  telltale help exit-codes
  telltale help environment
`;

/** `telltale help`: of a command, or of what concerns them all. */
export function helpCommand(): Command {
  return new Command("help")
    .summary("show help on a command, exit-codes or the environment")
    .description("Shows the help of a command, or what concerns all of them.")
    .argument("[topic]", `a command, or ${HELP_TOPICS.join(" or ")}`)
    .addHelpText("before", examples(EXAMPLES))
    .action((topic: string | undefined, _options: object, command: Command) => showHelp(topic, command));
}

function showHelp(topic: string | undefined, { parent: program }: Command): void {
  if (program === null) return;
  const command = topic === undefined ? program : program.commands.find((one) => one.name() === topic);
  const text = topic === undefined ? undefined : topicText(topic);
  if (command !== undefined) command.outputHelp();
  else if (text !== undefined) process.stdout.write(text);
  if (topic === undefined || command !== undefined || text !== undefined) return;
  const known = [...program.commands.map((one) => one.name()), ...HELP_TOPICS];
  const hint = didYouMean(topic, known) || " telltale --help lists the commands.";
  throw new TelltaleError("BAD_ARGUMENT", `There is no help on ${quoted(topic)}.${hint}`);
}
