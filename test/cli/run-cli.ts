import { type ExecFileOptions, execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export interface CliResult {
  status: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/** Runs the command line in a process of its own, from the project's folder unless `cwd` says otherwise. */
export function runCli(args: readonly string[], options: ExecFileOptions = {}): Promise<CliResult> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [MAIN, ...args],
      { cwd: ROOT, maxBuffer: 1 << 28, ...options },
      (_error, stdout, stderr) =>
        resolve({ status: child.exitCode, signal: child.signalCode, stdout: String(stdout), stderr: String(stderr) }),
    );
    child.stdin?.end();
  });
}
