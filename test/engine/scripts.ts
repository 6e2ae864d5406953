import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** What a script has said and how it ended. */
export interface Ended {
  status: number | null;
  signal: NodeJS.Signals | null;
  output: string;
}

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

/** Waits until `holds`, at most `ms`; tells whether it came to hold. */
export async function eventually(holds: () => boolean, ms = 5000): Promise<boolean> {
  const deadline = Date.now() + ms;
  while (!holds()) {
    if (Date.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}
