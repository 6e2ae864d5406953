import { Argument, Command } from "commander";
import { readOrganisms } from "../organisms/read.js";
import { bashScript } from "./completion/bash.js";
import { fishScript } from "./completion/fish.js";
import { completedCommands, completedGeneral, SHELLS } from "./completion/tree.js";
import { zshScript } from "./completion/zsh.js";
import { examples } from "./help-format.js";
import { oneOf } from "./option-values.js";

const EXAMPLES = `Examples:
  eval "$(telltale completion bash)"       # in ~/.bashrc
  source <(telltale completion zsh)        # in ~/.zshrc, after compinit
  telltale completion fish > ~/.config/fish/completions/telltale.fish
`;

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** `telltale completion`: what has a shell complete commands, options and their values. */
export function completionCommand(): Command {
  return new Command("completion")
    .summary("write a script that has a shell complete all of this")
    .description(
      "Writes a script to stdout with which a shell completes commands, options, their values, files, and the names of the organisms that are shipped.",
    )
    .addHelpText("before", examples(EXAMPLES))
    .addArgument(new Argument("<shell>", SHELLS.join(", ")).argParser(oneOf(SHELLS)))
    .action(completion);
}

async function completion(shell: keyof typeof SCRIPTS, _options: object, { parent: program }: Command): Promise<void> {
  if (program === null) return;
  const organisms = (await readOrganisms(undefined)).map(({ name }) => name);
  process.stdout.write(SCRIPTS[shell](completedCommands(program, organisms), completedGeneral(program)));
}
