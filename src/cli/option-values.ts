import { InvalidArgumentError, Option } from "commander";
import { TelltaleError } from "../errors.js";

/** Far above the number of completions of any run. */
const MOST_COMPLETIONS = 1_000_000_000;

/** What commander is to make of the text of an option that takes a whole number. */
export function wholeNumber(option: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw badOption(option, `a whole number from ${min} to ${max}`, text);
  };
}

/** The same for an option that counts completions or tokens, `least` or more of them. */
export function countFrom(option: string, least: number): (text: string) => number {
  return wholeNumber(option, least, MOST_COMPLETIONS);
}

/** The same for an option that takes any number; `advice` is a sentence for who gives another one. */
export function decimal(option: string, min: number, max: number, advice = ""): (text: string) => number {
  return (text) => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (value >= min && value <= max) return value;
    throw badOption(option, `a number from ${min} to ${max}`, text, advice);
  };
}

/** An option that takes one of some names; its help names them and what holds without it. */
export function choiceOption(flags: string, what: string, names: readonly string[], without: string): Option {
  return new Option(flags, `${what}: ${names.join(", ")} (default: ${without})`).argParser((text) => {
    if (names.includes(text)) return text;
    throw new InvalidArgumentError(`Allowed choices are ${names.join(", ")}.`);
  });
}

/** All values of an option that may be repeated. */
export function collect(value: string, previous: string[] = []): string[] {
  return [...previous, value];
}

/** BAD_ARGUMENT that names the option, what it must be, and what was given. */
export function badOption(option: string, wanted: string, given: string, advice = ""): TelltaleError {
  const sentence = `${option} must be ${wanted}, not ${JSON.stringify(given)}.`;
  return new TelltaleError("BAD_ARGUMENT", advice === "" ? sentence : `${sentence} ${advice}`);
}
