import { extname } from "node:path";
import { pathToFileURL } from "node:url";
import type { Command } from "commander";
import type { z } from "zod";
import { TelltaleError } from "../../errors.js";
import { quoted } from "../../safe-text.js";
import { readSmallTextFile } from "../../small-text-file.js";
import { didYouMean } from "../did-you-mean.js";
import { type Config, configSchema } from "./schema.js";
import { settableOptions } from "./settable.js";

/** Bytes; a hundred times what all options take. */
const LARGEST = 1 << 20;
const CODE = new Set([".mjs", ".js", ".cjs"]);
const SECRET = /(token|key|secret|password)$/i;

/**
 * What a configuration file says, by command. A file of JSON is data; one that ends in .mjs is run, and what it exports by default is
 * taken. Throws FILE_UNREADABLE, or BAD_ARGUMENT where it says what no option is.
 */
export async function readConfig(file: string, program: Command): Promise<Config> {
  const value = await readValue(file);
  const result = configSchema(program).safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const sentence = issue === undefined ? "It is no configuration." : problemOf(issue, value, program);
  throw new TelltaleError("BAD_ARGUMENT", `${quoted(file, 4096)}: ${sentence}`, { cause: result.error });
}

async function readValue(file: string): Promise<unknown> {
  const ending = extname(file).toLowerCase();
  if (CODE.has(ending)) return runFile(file);
  if (ending !== ".json") {
    throw new TelltaleError("BAD_ARGUMENT", `${quoted(file, 4096)} is no configuration: name a .json or a .mjs file.`);
  }
  const text = await readSmallTextFile(file, LARGEST, "configuration file", "the options alone");
  try {
    return JSON.parse(text);
  } catch (cause) {
    // The parser's own message quotes the file, which may be another one than was meant.
    const position = /position (\d+)/.exec((cause as Error).message)?.[1];
    const line =
      position === undefined ? "" : `: line ${text.slice(0, Number(position)).split("\n").length} has an error`;
    const sentence = `${quoted(file, 4096)} is not JSON${line}.`;
    throw new TelltaleError("BAD_ARGUMENT", sentence, { cause });
  }
}

async function runFile(file: string): Promise<unknown> {
  try {
    return ((await import(pathToFileURL(file).href)) as { default?: unknown }).default;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const sentence = `The configuration ${quoted(file, 4096)} could not be run: ${why.replace(/\.$/, "")}.`;
    throw new TelltaleError("FILE_UNREADABLE", sentence, { cause });
  }
}

/** What is wrong at one place of the file, as a sentence. */
function problemOf(issue: z.core.$ZodIssue, value: unknown, program: Command): string {
  const place = issue.path.join(".");
  if (issue.code !== "unrecognized_keys")
    return `${place || "It"}: ${lowered(messageOf(issue))}.${hintOf(issue, valueAt(value, issue.path))}`;
  const [key = ""] = issue.keys;
  const command = program.commands.find((one) => one.name() === issue.path[0]);
  if (SECRET.test(key)) {
    return `${quoted(key)} would be a secret, and none belongs in such a file. docs/command-line.md says which variables take one.`;
  }
  if (command === undefined) {
    const names = program.commands.filter((one) => settableOptions(one).length > 0).map((one) => one.name());
    return `There is no command ${quoted(key)}.${didYouMean(key, names) || ` There are ${names.join(", ")}.`}`;
  }
  const options = settableOptions(command).map((option) => option.attributeName());
  const hint = didYouMean(key, options) || ` telltale ${command.name()} --help lists its options.`;
  return `${command.name()} takes no option ${quoted(key)} here.${hint}`;
}

function hintOf(issue: z.core.$ZodIssue, given: unknown): string {
  if (typeof given !== "string" || issue.code !== "invalid_value") return "";
  return didYouMean(given, issue.values.map(String));
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce((at: unknown, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], value);
}

/** Of a value that may have several forms, what is wrong with each. */
function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code !== "invalid_union") return issue.message;
  return [...new Set(issue.errors.flat().map((one) => lowered(messageOf(one))))].join(", or ");
}

function lowered(text: string): string {
  return `${text[0]?.toLowerCase() ?? ""}${text.slice(1)}`;
}
