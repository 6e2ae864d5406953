import type { Completed, CompletedCommand, CompletedOption } from "./tree.js";

/** A script for zsh, to be sourced or to lie in a folder of $fpath as _telltale. */
export function zshScript(commands: readonly CompletedCommand[], general: readonly CompletedOption[]): string {
  const described = commands.map(({ name, about }) => `    ${quoted(`${name}:${about.replaceAll(":", "\\:")}`)}`);
  const cases = commands.map(({ name, options, argument }) => {
    const specs = [...options.flatMap(optionSpecs), `*:argument:${action(argument)}`];
    return `        ${name}) _arguments -s ${specs.map(quoted).join(" \\\n          ")} ;;`;
  });
  return `#compdef telltale
# telltale's completion for zsh: source <(telltale completion zsh) in ~/.zshrc, after compinit
_telltale_either() { _alternative "words:word:($*)" "files:file:_files" }
_telltale() {
  local context state state_descr line
  typeset -A opt_args
  local -a commands=(
${described.join("\n")}
  )
  _arguments -C ${general.flatMap(optionSpecs).map(quoted).join(" \\\n    ")} \\
    '--version[show the version]' '--help[show the help]' '1:command:->command' '*::argument:->argument'
  case $state in
    command) _describe command commands ;;
    argument)
      case $words[1] in
${cases.join("\n")}
      esac ;;
  esac
}
if [[ $funcstack[1] == _telltale ]]; then _telltale "$@"; else compdef _telltale telltale; fi
`;
}

function optionSpecs({ flags, about, repeatable, value }: CompletedOption): string[] {
  const text = about.replace(/[[\]:\\]/g, "\\$&");
  const rest = value === null ? "" : `:value:${action(value)}`;
  const exclusive = repeatable || flags.length === 1 ? "" : `(${flags.join(" ")})`;
  return flags.map((flag) => `${repeatable ? "*" : exclusive}${flag}[${text}]${rest}`);
}

function action({ words, files }: Completed): string {
  if (words.length === 0) return files ? "_files" : " ";
  return files ? `{_telltale_either ${words.join(" ")}}` : `(${words.join(" ")})`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
