import { existsSync, readdirSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { processes } from "../../processes.js";

/** What a process holds: a file that is refused must leave nothing of it behind. */
export interface Held {
  /** Processes that it has started and that have not ended. */
  children: number;
  /** Open files; 0 where the system does not tell. */
  files: number;
  /** Bytes of JavaScript and of buffers that are still in use. */
  bytes: number;
}

export function held(): Held {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return {
    children: children(),
    files: existsSync(OPEN_FILES) ? readdirSync(OPEN_FILES).length : 0,
    bytes: heapUsed + external,
  };
}

const OPEN_FILES = "/proc/self/fd";

function children(): number {
  if (process.platform === "win32") return 0;
  return processes().filter(({ parent }) => parent === process.pid).length;
}

/** Calls `run` with every item, `atOnce` of them at the same time. */
export async function together<T>(items: readonly T[], atOnce: number, run: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const item of rest) await run(item);
    }),
  );
}
