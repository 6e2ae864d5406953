import { type Command, InvalidArgumentError, type Option } from "commander";
import { watchLlamaLog } from "../../engine/llama-log.js";
import { TelltaleError } from "../../errors.js";
import { quoted } from "../../safe-text.js";
import { takenBy } from "../option-values.js";
import { setLoudness } from "../terminal/loudness.js";
import { writeNote } from "../terminal/progress.js";
import { environmentValue } from "./environment.js";
import { readConfig } from "./read.js";
import { settableOptions, variableOf } from "./settable.js";

/** Where a value comes from, the strongest first; what an option holds by itself is "default". */
const SOURCES = ["cli", "env", "config"] as const;

/** Beside --resume alone nothing but flags says how the run is to be: these only say how it is shown. */
const BESIDE_RESUME = new Set(["rows", "json"]);

/** Completes what was given to a command from the environment and the configuration file, and says how loud it is to be. */
export async function applySettings(command: Command): Promise<void> {
  const program = command.parent;
  if (program === null) return;
  fromEnvironment(program);
  const {
    quiet = false,
    verbose = false,
    config,
  } = program.opts<{ quiet?: boolean; verbose?: boolean; config?: string }>();
  setLoudness(quiet ? "quiet" : verbose ? "verbose" : "normal");
  fromEnvironment(command);
  if (config !== undefined) {
    const given = (await readConfig(config, program))[command.name()] ?? {};
    for (const option of optionsOf(command)) {
      const name = option.attributeName();
      if (given[name] !== undefined)
        give(command, option, given[name], "config", `${command.name()}.${name} in ${quoted(config, 4096)}`);
    }
    if (verbose)
      writeNote(`Options were read from ${config}: ${Object.keys(given).join(", ") || "none for this command"}.`);
  }
  if (verbose) watchLlamaLog((line) => writeNote(`llama.cpp: ${line}`, true));
}

function fromEnvironment(command: Command): void {
  for (const option of optionsOf(command)) {
    const variable = variableOf(option);
    const value = variable === null ? undefined : environmentValue(variable, takenBy(option).schema);
    if (value !== undefined) give(command, option, value, "env", String(variable));
  }
}

function optionsOf(command: Command): Option[] {
  const options = settableOptions(command);
  // A command line with its models is compared with the run, whole: as it would be without --resume.
  const whole = command.args.length > 0 || command.getOptionValueSource("organism") === "cli";
  if (command.getOptionValue("resume") === undefined || whole) return options;
  return options.filter((option) => BESIDE_RESUME.has(option.attributeName()));
}

/** Sets an option that nothing stronger has set, and that goes with what has been; `where` is how a message calls the place. */
function give(command: Command, option: Option, value: unknown, source: "env" | "config", where: string): void {
  const name = option.attributeName();
  if (strength(command, name) <= SOURCES.indexOf(source)) return;
  for (const other of command.options) {
    const otherName = other.attributeName();
    if (!conflicts(option, otherName) && !conflicts(other, name)) continue;
    if (strength(command, otherName) < SOURCES.indexOf(source)) return;
    if (strength(command, otherName) > SOURCES.indexOf(source)) continue;
    throw new TelltaleError("BAD_ARGUMENT", `${where} cannot be used with ${other.long}: leave one of them out.`);
  }
  command.setOptionValueWithSource(name, typeof value === "boolean" ? value : parsed(option, value, where), source);
}

/** commander keeps it, but its types do not say so. */
function conflicts(option: Option, name: string): boolean {
  return (option as Option & { conflictsWith: readonly string[] }).conflictsWith.includes(name);
}

function strength(command: Command, name: string): number {
  const found = (SOURCES as readonly string[]).indexOf(command.getOptionValueSource(name) ?? "");
  return found === -1 ? SOURCES.length : found;
}

/** What the option's own parser makes of a value. */
function parsed(option: Option, value: unknown, where: string): unknown {
  const texts = Array.isArray(value)
    ? takenBy(option).repeatable
      ? value.map(String)
      : [value.join(",")]
    : [String(value)];
  let result: unknown = option.defaultValue;
  for (const text of texts) {
    try {
      result = option.parseArg ? option.parseArg(text, result) : text;
    } catch (error) {
      if (!(error instanceof InvalidArgumentError || error instanceof TelltaleError)) throw error;
      const named = error instanceof TelltaleError ? `${where}:` : `${where} is ${quoted(text)}.`;
      throw new TelltaleError("BAD_ARGUMENT", `${named} ${error.message}`, { cause: error });
    }
  }
  return result;
}
