import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** What a script has said and how it ended. */
export interface Ended {
  status: number | null;
  signal: NodeJS.Signals | null;
  output: string;
}

/** For running `ps`, which stands still under a preloaded sanitizer. */
const PS = { encoding: "utf8", env: { ...process.env, LD_PRELOAD: "" } } as const;

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/**
 * Starts an ES module given as text, in the repository's root, with engines to open and a request to run. With `ownGroup` it
 * and all processes that come of it are a group, named by its id.
 */
export function startScript(
  body: string,
  args: readonly string[] = [],
  { nodeOptions = [], ownGroup = false }: { nodeOptions?: readonly string[]; ownGroup?: boolean } = {},
): { process: ChildProcess; ended: Promise<Ended> } {
  const text = `
    import { openNativeEngines } from "#telltale/engine/native/engine.js";
    import { openHostEngines } from "#telltale/engine/host/engine.js";
    const [model, ...args] = process.argv.slice(1);
    const context = { threads: 1, sequences: 16, contextSequence: 256 };
    const prefills = Array.from({ length: 400 }, (_, i) => Int32Array.of(i));
    const request = { head: new Int32Array(0), prefills, maxTokens: 200 };
    ${body}`;
  const child = spawn(process.execPath, [...nodeOptions, "--input-type=module", "--eval", text, ...args], {
    cwd: ROOT,
    detached: ownGroup,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data: Buffer) => (output += data.toString()));
  const ended = new Promise<Ended>((resolve) => {
    child.once("close", (status, signal) => resolve({ status, signal, output }));
  });
  return { process: child, ended };
}

/** Process ids of the processes in a group, which is named by its first process; zombies are none. */
export function groupProcesses(group: number): number[] {
  const table = execFileSync("ps", ["-A", "-o", "pid=,pgid=,stat="], PS);
  return table.split("\n").flatMap((line) => {
    const [pid, pgid, stat] = line.trim().split(/\s+/);
    return Number(pgid) === group && stat?.startsWith("Z") === false ? [Number(pid)] : [];
  });
}

/** Process ids of the engine processes whose parent is `parent`. */
export function engineProcesses(parent: number): number[] {
  const table = execFileSync("ps", ["-A", "-o", "pid=,ppid=,args="], PS);
  return table.split("\n").flatMap((line) => {
    const [, pid, ppid, args] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return Number(ppid) === parent && args?.includes("engine/host/child.js") === true ? [Number(pid)] : [];
  });
}

/** Whether a process is there and not just waiting to be collected. */
export function isAlive(pid: number): boolean {
  try {
    return !execFileSync("ps", ["-o", "stat=", "-p", String(pid)], PS)
      .trim()
      .startsWith("Z");
  } catch {
    return false; // ps finds none
  }
}

/** Waits until `holds`, at most `ms`; tells whether it came to hold. */
export async function eventually(holds: () => boolean, ms = 5000): Promise<boolean> {
  const deadline = Date.now() + ms;
  while (!holds()) {
    if (Date.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}
