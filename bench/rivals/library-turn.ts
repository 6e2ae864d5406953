import path from "node:path";
import type { Job } from "../job.js";
import { ROOT } from "../peer-tools.js";
import { lastLineOf, runProgram } from "../processes.js";
import type { Sample } from "../rounds.js";

const TURN = path.join(ROOT, ".cache", "bench", "turn.js");

/** Has a library do the job in a process of its own; the names of its parts begin with `name`. */
export async function libraryTurn(library: string, options: object, job: Job, name: string): Promise<Sample> {
  const args = [TURN, library, JSON.stringify(options), JSON.stringify(job)];
  const sample = lastLineOf<Sample>((await runProgram(process.execPath, args)).stdout);
  const parts = Object.entries(sample.parts ?? {}).map(([part, measured]) => [`${name}, ${part}`, measured] as const);
  return { ...sample, parts: Object.fromEntries(parts) };
}
