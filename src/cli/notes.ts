import { stat } from "node:fs/promises";
import { runPaths } from "../journal/files.js";
import { POOLED } from "../rank/rankings.js";
import type { Rankings } from "../rank/schema.js";
import { formatCount } from "./terminal/numbers.js";
import { writeNote } from "./terminal/progress.js";

/** Says of a run without a summary how far it is. */
export async function noteUnfinished(directory: string, { rankings }: Rankings): Promise<void> {
  try {
    await stat(runPaths(directory).summary);
    return;
  } catch {
    // Its absence is what tells an unfinished run.
  }
  const pooled = rankings.find((ranking) => ranking.configuration === POOLED);
  if (pooled === undefined) return;
  const { unscored } = pooled.dropped;
  const total = Object.values(pooled.dropped).reduce((sum, dropped) => sum + dropped, pooled.count);
  const scored = unscored === 0 ? "all scored by both models" : `${formatCount(unscored)} not scored by both models`;
  const captured = pooled.captured?.completions ?? 0;
  const how = captured === 0 ? "" : `, ${formatCount(captured)} of them only as captured while generating`;
  note(`The run is unfinished: ${formatCount(total)} completions so far, ${scored}${how}.`);
}

/** A sentence on stderr, which is no part of the result; nothing with --quiet. */
export function note(sentence: string): void {
  writeNote(sentence);
}
