import { definedOnly } from "../defined.js";
import { rankRun } from "../rank/run.js";
import type { Rankings } from "../rank/schema.js";
import { type RankOptions, rankSettings } from "./rank-options.js";

/**
 * Ranks the completions of a run, finished or not, on worker threads; no model is needed, and nothing is written.
 *
 * Throws BAD_ARGUMENT for wrong options, FILE_UNREADABLE, BAD_RUN for a directory that holds no completions, CANCELLED.
 */
export async function rank(run: string, options: RankOptions = {}): Promise<Rankings> {
  const { signal, onEvent } = options;
  return rankRun(run, await rankSettings(run, options), {
    ...definedOnly({ signal }),
    onProblem: (problem) => onEvent?.({ type: "problem", run, problem }),
  });
}
