import { expect } from "vitest";
import { visibleText } from "#telltale/visible-text.js";
import { WORD } from "./hostile-files.js";
import { type ManyCase, type ManyResult, runMany } from "./many-commands.js";
import { steeringIn } from "./terminal-bytes.js";

/** A command, where its hostile text comes from, and how it ends. */
export interface HostileCase extends ManyCase {
  from: string;
  /** Not a number: any but that of an error nobody foresaw. */
  status: number;
  /** What must be seen, so that the text did get there. Default: the payload's word. */
  shows?: RegExp;
}

/** Runs the commands in a terminal; none may steer it, each must show what it was given, and what is JSON must be strictly so. */
export async function expectTame(cases: readonly HostileCase[], columns: number): Promise<void> {
  const results = await runMany(columns, cases);
  const wrong = cases.flatMap((one, i) => {
    const result = results[i];
    const problems = result === undefined ? ["did not run"] : problemsOf(one, result);
    return problems.map((problem) => `${one.args[0]} (${one.from}): ${problem}`);
  });
  expect(wrong.map((line) => line.split("\n").map(visibleText).join("\n"))).toEqual([]);
}

function problemsOf({ args, status, shows = new RegExp(WORD) }: HostileCase, result: ManyResult): string[] {
  const asExpected = Number.isNaN(status) ? result.status !== 1 : result.status === status;
  const given = status === 0 && (args.includes("--json") || args.includes("--jsonl"));
  return [
    ...(asExpected ? [] : [`exit status ${result.status}\n${result.text}`]),
    ...(shows.test(result.text) ? [] : [`does not show ${shows}\n${result.text}`]),
    ...(given ? notJson(result.text) : []),
    ...steeringIn(result.bytes).slice(0, 5),
  ];
}

function notJson(text: string): string[] {
  // It may follow a line of progress that was wiped away.
  const pieces = text.split("\n").flatMap((line) => line.split("\u001b[K"));
  const lines = pieces.filter((line) => line.startsWith("{"));
  if (lines.length === 0) return [`gives no JSON\n${text}`];
  return lines.flatMap((line) => (isJson(line) ? [] : [`gives what is no JSON: ${line}`]));
}

/** Whether a text is JSON to a strict parser, which knows neither NaN nor Infinity. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
