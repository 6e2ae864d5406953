import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { ROOT } from "./run-cli.js";

/** A `telltale serve` in a process of its own. */
export interface ServeProcess {
  url: string;
  child: ChildProcess;
  /** Ends it, however it is, and waits for that. */
  end(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts `telltale serve` on a free port; resolves once it listens. */
export async function serve(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<ServeProcess> {
  const child = spawn(process.execPath, ["dist/cli/main.js", "serve", ...args, "--port", "0", "--json"], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const errors: string[] = [];
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk.toString()));
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const end = async (signal: NodeJS.Signals = "SIGTERM"): Promise<void> => {
    child.kill(signal);
    await exited;
  };
  const announced = new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", resolve);
    child.once("exit", (code) => reject(new Error(`telltale serve ended with ${code}: ${errors.join("")}`)));
  });
  const { url } = JSON.parse(await announced) as { url: string };
  return { url, child, end };
}
