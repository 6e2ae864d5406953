import type { Completed, CompletedCommand, CompletedOption } from "./tree.js";

/** A script for fish. */
export function fishScript(commands: readonly CompletedCommand[], general: readonly CompletedOption[]): string {
  const names = commands.map(({ name, about }) => line(["-n __fish_use_subcommand", `-a ${name}`, described(about)]));
  const rest = commands.flatMap(({ name, options, argument }) => {
    const here = `-n '__fish_seen_subcommand_from ${name}'`;
    return [line([here, ...given(argument)]), ...options.map((option) => line([here, ...optionParts(option)]))];
  });
  return `# telltale's completion for fish: telltale completion fish > ~/.config/fish/completions/telltale.fish
complete -c telltale -f
${names.join("\n")}
${general.map((option) => line(["-n __fish_use_subcommand", ...optionParts(option)])).join("\n")}
${rest.join("\n")}
`;
}

function line(parts: readonly string[]): string {
  return `complete -c telltale ${parts.filter((part) => part !== "").join(" ")}`;
}

function optionParts({ flags, about, value }: CompletedOption): string[] {
  const names = flags.map((flag) => (flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  return [...names, ...(value === null ? [] : ["-r", ...given(value)]), described(about)];
}

function given({ words, files }: Completed): string[] {
  return [files ? "-F" : "-f", words.length === 0 ? "" : `-a '${words.join(" ")}'`];
}

function described(about: string): string {
  return `-d '${about.replace(/[\\']/g, "\\$&")}'`;
}
