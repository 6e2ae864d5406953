import type { Command, Option } from "commander";
import { z } from "zod";
import { SHORT_NAMES } from "../../prefill/spec.js";
import { PAPER_KEYWORDS } from "../../rank/keywords/read.js";
import { generalOptions } from "../help-format.js";
import { HELP_TOPICS } from "../help-topics.js";
import { takenBy } from "../option-values.js";

/** What can stand at a place: some words, and files where those may, too. */
export interface Completed {
  words: readonly string[];
  files: boolean;
}

export interface CompletedOption {
  /** E.g. "-o" and "--output". */
  flags: readonly string[];
  about: string;
  repeatable: boolean;
  /** Null: it takes none. */
  value: Completed | null;
}

export interface CompletedCommand {
  name: string;
  about: string;
  options: readonly CompletedOption[];
  argument: Completed;
}

/** The shells that there is a script for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** Placeholders and arguments that stand for a file or a folder. */
const FILES = new Set(["file", "dir", "path", "model", "models", "spec", "run", "runs", "finetuned"]);

/** Everything that a shell can complete, from the commands themselves; `organisms` are the names of those that are shipped. */
export function completedCommands(program: Command, organisms: readonly string[]): CompletedCommand[] {
  const words: Record<string, readonly string[]> = {
    "--organism": organisms,
    "organisms name": organisms,
    "--keywords": [PAPER_KEYWORDS],
    "--corpus": ["builtin", ...Object.keys(SHORT_NAMES)],
    "completion shell": SHELLS,
    "help topic": [...program.commands.map((command) => command.name()), ...HELP_TOPICS],
  };
  return program.commands.map((command) => {
    const argument = command.registeredArguments.map((one) => one.name());
    return {
      name: command.name(),
      about: command.summary(),
      options: [...command.createHelp().visibleOptions(command)].map((option) => completedOption(option, words)),
      argument: {
        words: argument.flatMap((name) => words[`${command.name()} ${name}`] ?? []),
        files: argument.some((name) => FILES.has(name)),
      },
    };
  });
}

/** The options that may stand before the command. */
export function completedGeneral(program: Command): CompletedOption[] {
  return generalOptions(program).map((option) => completedOption(option, {}));
}

function completedOption(option: Option, known: Record<string, readonly string[]>): CompletedOption {
  const { schema, repeatable } = takenBy(option);
  const placeholder = /[<[]([\w-]+)/.exec(option.flags)?.[1];
  const words = [...(known[option.long ?? ""] ?? []), ...wordsOf(z.toJSONSchema(schema))];
  return {
    flags: [option.short, option.long].filter((flag) => flag !== undefined),
    about: (option.description.split(/[;:(]/)[0] ?? "").trim(),
    repeatable,
    value: placeholder === undefined ? null : { words, files: FILES.has(placeholder) },
  };
}

/** The words among what a schema allows. */
function wordsOf({ enum: names = [], const: name, anyOf = [] }: z.core.JSONSchema.BaseSchema): string[] {
  const own = [...names, name].filter((word) => typeof word === "string");
  return [
    ...own,
    ...anyOf.flatMap((one) => (typeof one === "object" ? wordsOf(one as z.core.JSONSchema.BaseSchema) : [])),
  ];
}
