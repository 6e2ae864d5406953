import type { Completed, CompletedCommand, CompletedOption } from "./tree.js";

/** A script for bash, 3.2 too. */
export function bashScript(commands: readonly CompletedCommand[], general: readonly CompletedOption[]): string {
  const names = commands.map(({ name }) => name);
  const values = commands.flatMap(({ name, options }) =>
    options.flatMap(({ flags, value }) =>
      value === null ? [] : [`    ${flags.map((flag) => `${name}:${flag}`).join("|")}) ${reply(value)}; return ;;`],
    ),
  );
  const flags = commands.map(({ name, options }) => `      ${name}) ${words(flagsOf(options))} ;;`);
  const places = commands.map(({ name, argument }) => `    ${name}) ${reply(argument)} ;;`);
  return `# telltale's completion for bash: eval "$(telltale completion bash)" in ~/.bashrc
_telltale_words() { COMPREPLY+=($(compgen -W "$1" -- "$current")); }
_telltale_files() {
  local IFS=$'\\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY+=($(compgen -f -- "$current"))
}
_telltale() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command= i
  if [[ $current == = ]]; then current=
  elif [[ $previous == = ]]; then previous="\${COMP_WORDS[COMP_CWORD-2]}"
  fi
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in
      --config) i=$((i + 1)) ;;
      ${names.join("|")}) command="\${COMP_WORDS[i]}"; break ;;
    esac
  done
  case "$command:$previous" in
    :--config) _telltale_files; return ;;
${values.join("\n")}
  esac
  if [[ $current == -* ]]; then
    case "$command" in
      "") ${words([...flagsOf(general), "--version", "--help"])} ;;
${flags.join("\n")}
    esac
    return
  fi
  case "$command" in
    "") ${words(names)} ;;
${places.join("\n")}
  esac
}
complete -F _telltale telltale
`;
}

function flagsOf(options: readonly CompletedOption[]): string[] {
  return options.flatMap(({ flags }) => flags);
}

function reply({ words: list, files }: Completed): string {
  const parts = [...(list.length === 0 ? [] : [words(list)]), ...(files ? ["_telltale_files"] : [])];
  return parts.join("; ") || ":";
}

function words(list: readonly string[]): string {
  return `_telltale_words '${list.join(" ")}'`;
}
