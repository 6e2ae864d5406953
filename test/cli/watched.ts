import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { ROOT } from "./run-cli.js";

/** A process that a command started, as the kernel shows it to every program of the same user. */
export interface SeenProcess {
  commandLine: string;
  environment: string;
}

export interface Watched {
  status: number | null;
  stdout: Buffer;
  stderr: Buffer;
  /** All of them, children of children too. */
  children: SeenProcess[];
}

export interface WatchedProcess {
  /** Resolves with the first match in what it writes to stdout. */
  says(pattern: RegExp): Promise<string>;
  signal(name: NodeJS.Signals): void;
  ended: Promise<Watched>;
}

/** Milliseconds between two looks. A process that runs Node.js or a model is there for far longer. */
const LOOK = 4;

/** Starts a command and looks at every process it starts, by /proc. */
export function startWatched(command: readonly string[], env: NodeJS.ProcessEnv): WatchedProcess {
  const [file = "", ...args] = command;
  const child = spawn(file, args, { cwd: ROOT, env, stdio: ["ignore", "pipe", "pipe"] });
  const [stdout, stderr]: Buffer[][] = [[], []];
  child.stdout.on("data", (chunk: Buffer) => stdout?.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr?.push(chunk));
  const seen = new Map<string, SeenProcess>();
  const timer = setInterval(() => look(child.pid ?? 0, seen), LOOK);
  const ended = new Promise<Watched>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => {
      clearInterval(timer);
      const [out, err] = [Buffer.concat(stdout ?? []), Buffer.concat(stderr ?? [])];
      resolve({ status, stdout: out, stderr: err, children: [...seen.values()] });
    });
  });
  return {
    ended,
    signal: (name) => void child.kill(name),
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const search = (): void => {
          const [found] = pattern.exec(Buffer.concat(stdout ?? []).toString()) ?? [];
          if (found !== undefined) resolve(found);
        };
        child.stdout.on("data", search);
        void ended.then(({ stderr: said }) => reject(new Error(`it ended: ${said}`)), reject);
        search();
      }),
  };
}

function look(parent: number, seen: Map<string, SeenProcess>): void {
  const own = read(parent, "cmdline");
  for (const pid of childrenOf(parent)) {
    const commandLine = read(pid, "cmdline");
    const environment = read(pid, "environ");
    // Until it runs a program of its own, a new process is its parent once more.
    if (commandLine === "" || commandLine === own || commandLine !== read(pid, "cmdline")) continue;
    seen.set(`${pid} ${commandLine}`, { commandLine, environment });
    look(pid, seen);
  }
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}

function read(pid: number, what: "cmdline" | "environ"): string {
  try {
    return readFileSync(`/proc/${pid}/${what}`, "latin1");
  } catch {
    return "";
  }
}
