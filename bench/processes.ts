import { type ChildProcess, execFile, spawn } from "node:child_process";
import path from "node:path";

const alive = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of alive) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

export interface Output {
  stdout: string;
  stderr: string;
}

/** Runs a program to its end; throws with the end of what it wrote where it fails. No child outlives this process. */
export function runProgram(file: string, args: readonly string[]): Promise<Output> {
  return new Promise((resolve, reject) => {
    const child = execFile(file, [...args], { maxBuffer: 1 << 28 }, (error, stdout, stderr) => {
      alive.delete(child);
      if (error === null) resolve({ stdout, stderr });
      else reject(failure(file, `${stdout}\n${stderr}`));
    });
    alive.add(child);
  });
}

export interface Background {
  child: ChildProcess;
  /** The end of what it has written so far. */
  output(): string;
  stop(): Promise<void>;
}

/** Starts a program that runs until it is stopped. */
export function startProgram(file: string, args: readonly string[]): Background {
  const child = spawn(file, [...args], { stdio: ["ignore", "pipe", "pipe"] });
  alive.add(child);
  let written = "";
  const keep = (chunk: Buffer): void => {
    written = (written + chunk.toString()).slice(-20_000);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const ended = new Promise<void>((resolve) => {
    child.once("close", () => {
      alive.delete(child);
      resolve();
    });
    child.once("error", (error) => {
      written += error.message;
      resolve();
    });
  });
  return {
    child,
    output: () => written,
    async stop() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** The JSON on the last line of what a program wrote. */
export function lastLineOf<T>(output: string): T {
  return JSON.parse(output.trimEnd().split("\n").at(-1) ?? "") as T;
}

export function failure(file: string, written: string): Error {
  return new Error(`${path.basename(file)} failed:\n${written.trim().split("\n").slice(-15).join("\n")}`);
}
