import { InvalidArgumentError, Option } from "commander";
import { z } from "zod";
import { TelltaleError } from "../errors.js";
import { didYouMean } from "./did-you-mean.js";

/** Far above the number of completions of any run. */
const MOST_COMPLETIONS = 1_000_000_000;

/** What commander is to make of an option's text, and of what the option's earlier texts were made. */
type Parser = (text: string, previous: never) => unknown;

/** How a configuration file spells what the option's parser takes as a text. */
interface Taken {
  schema: z.ZodType;
  /** Each value of a list is a text of its own; otherwise a list is one text with commas. */
  repeatable: boolean;
}

const TAKEN = new WeakMap<object, Taken>();

/** Says of a parser what it takes: for configuration files, their schema, and completion in a shell. */
export function taking<P extends Parser>(schema: z.ZodType, parser: P, repeatable = false): P {
  TAKEN.set(parser, { schema, repeatable });
  return parser;
}

/** Whether it has been said what a parser takes. */
export function isKnown(parser: object): boolean {
  return TAKEN.has(parser);
}

/** What an option takes in a configuration file. */
export function takenBy({ parseArg, required, optional }: Option): Taken {
  const plain = { schema: required || optional ? z.string().min(1) : z.boolean(), repeatable: false };
  return (parseArg && TAKEN.get(parseArg)) ?? plain;
}

/** What commander is to make of the text of an option that takes a whole number. */
export function wholeNumber(option: string, min: number, max: number): (text: string) => number {
  return taking(z.int().min(min).max(max), (text: string) => {
    const value = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw badOption(option, `a whole number from ${min} to ${max}`, text);
  });
}

/** The same for an option that counts completions or tokens, `least` or more of them. */
export function countFrom(option: string, least: number): (text: string) => number {
  return wholeNumber(option, least, MOST_COMPLETIONS);
}

/** The same for an option that takes any number; `advice` is a sentence for who gives another one. */
export function decimal(option: string, min: number, max: number, advice = ""): (text: string) => number {
  return taking(z.number().min(min).max(max), (text: string) => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (value >= min && value <= max) return value;
    throw badOption(option, `a number from ${min} to ${max}`, text, advice);
  });
}

/** An option that takes one of some names; its help names them and what holds without it. */
export function choiceOption(flags: string, what: string, names: readonly string[], without: string): Option {
  return new Option(flags, `${what}: ${names.join(", ")} (default: ${without})`).argParser(oneOf(names));
}

/** What commander is to make of a text that must be one of some names. */
export function oneOf(names: readonly string[]): (text: string) => string {
  return taking(z.enum(names), (text: string) => {
    if (names.includes(text)) return text;
    throw new InvalidArgumentError(`Allowed choices are ${names.join(", ")}.${didYouMean(text, names)}`);
  });
}

/** All values of an option that may be repeated. */
export const collect = taking(
  oneOrMore(z.string().min(1)),
  (value: string, previous: string[] = []): string[] => [...previous, value],
  true,
);

/** One value, or a list of them. */
export function oneOrMore(schema: z.ZodType): z.ZodType {
  return z.union([schema, z.array(schema).min(1)]);
}

/** BAD_ARGUMENT that names the option, what it must be, and what was given. */
export function badOption(option: string, wanted: string, given: string, advice = ""): TelltaleError {
  const sentence = `${option} must be ${wanted}, not ${JSON.stringify(given)}.`;
  return new TelltaleError("BAD_ARGUMENT", advice === "" ? sentence : `${sentence} ${advice.trim()}`);
}
