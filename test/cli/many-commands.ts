import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { bytesInTerminal } from "./pty.js";
import { ROOT } from "./run-cli.js";

/** A command and what it wrote to the terminal. */
export interface ManyCase {
  args: readonly string[];
  env?: Record<string, string>;
  /** The folder it runs in. Default: the project's. */
  cwd?: string;
  /** Of `serve`: asked for once it listens; then it is ended. */
  paths?: readonly string[];
}

export interface ManyResult {
  bytes: Buffer;
  text: string;
  status: number;
}

/** Between two commands; no command writes it. */
const MARK = "≡≡ next ≡≡";

/**
 * Runs the command line's main module once for each case, one after the other in one process: what a process costs to start is paid
 * once. Everything else is as if each had its own.
 */
const SCRIPT = `
import { readFileSync } from "node:fs";
import http from "node:http";
const [main, file, mark] = process.argv.slice(2);
const own = { ...process.env };
const start = process.cwd();
for (const emitter of [process, process.stdout, process.stderr]) emitter.setMaxListeners(0);
const write = process.stdout.write.bind(process.stdout);
let heard = () => {};
process.stdout.write = (chunk, ...more) => { heard(String(chunk)); return write(chunk, ...more); };
const get = (url, path) => new Promise((resolve) => {
  const { hostname, port } = new URL(url);
  const body = JSON.stringify({ prompt: path, max_tokens: 1 });
  const request = http.request({ hostname, port, path, method: "POST", headers: { "content-length": Buffer.byteLength(body) } });
  request.on("response", (answer) => answer.resume().on("end", resolve)).on("error", resolve).end(body);
});
for (const [i, { args, env = {}, cwd = start, paths }] of JSON.parse(readFileSync(file, "utf8")).entries()) {
  for (const name of Object.keys(process.env)) if (!(name in own)) delete process.env[name];
  Object.assign(process.env, own, env);
  process.argv = [process.execPath, main, ...args];
  process.exitCode = undefined;
  process.chdir(cwd);
  const url = new Promise((resolve) => { heard = (text) => { const [found] = /http:\\/\\/[\\d.:]+/.exec(text) ?? []; if (found) resolve(found); }; });
  const ended = import(main + "?" + i);
  if (paths) {
    const address = await Promise.race([url, ended]);
    if (typeof address === "string") {
      for (const path of paths) await get(address, path);
      process.kill(process.pid, "SIGTERM");
    }
  }
  await ended;
  heard = () => {};
  process.removeAllListeners("SIGTERM");
  write("\\n" + mark + (process.exitCode ?? 0) + "\\n");
}
process.exit(0);
`;

/** What each command writes to a terminal of so many columns, and its exit status. */
export async function runMany(
  columns: number,
  cases: readonly ManyCase[],
  env: NodeJS.ProcessEnv = {},
): Promise<ManyResult[]> {
  const { command, remove } = manyCommand(cases);
  try {
    return resultsIn(await bytesInTerminal(columns, command, env, 120_000));
  } finally {
    remove();
  }
}

/** The command that runs them all, wherever it is run. */
export function manyCommand(cases: readonly ManyCase[]): { command: string[]; remove: () => void } {
  const folder = mkdtempSync(path.join(tmpdir(), "telltale-many-"));
  const [list, script] = [path.join(folder, "cases.json"), path.join(folder, "many.mjs")];
  writeFileSync(list, JSON.stringify(cases));
  writeFileSync(script, SCRIPT);
  const main = pathToFileURL(path.join(ROOT, "dist/cli/main.js")).href;
  return {
    command: [process.execPath, script, main, list, MARK],
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** What each of them wrote to a stream that all of them wrote to. */
export function resultsIn(bytes: Buffer): ManyResult[] {
  const results: ManyResult[] = [];
  for (let from = 0; ; ) {
    const mark = bytes.indexOf(MARK, from);
    if (mark === -1) return results;
    const end = bytes.indexOf("\n", mark);
    const own = bytes.subarray(from, mark);
    results.push({
      bytes: own,
      text: own.toString(),
      status: Number(bytes.subarray(mark + Buffer.byteLength(MARK), end).toString()),
    });
    from = end + 1;
  }
}
