import { definedOnly } from "../defined.js";
import { compareRuns } from "../report/compare.js";
import type { Comparison } from "../report/comparison-schema.js";
import { runNames } from "../report/run-names.js";
import { type RankOptions, rankSettings } from "./rank-options.js";

/**
 * Ranks two or more runs with the same settings and sets them beside each other: what each found, how far their lists agree, what
 * differs in how they were made. What the options do not say is as the first run was ranked. Of each run the figures of all
 * completions are held in memory.
 *
 * Throws BAD_ARGUMENT for wrong options or fewer than two runs, FILE_UNREADABLE, BAD_RUN, CANCELLED.
 */
export async function compare(runs: readonly string[], options: RankOptions = {}): Promise<Comparison> {
  const { signal, onEvent } = options;
  const names = runNames(runs);
  return compareRuns(runs, await rankSettings(runs[0] ?? "", options), {
    ...definedOnly({ signal }),
    onProblem: (name, problem) => onEvent?.({ type: "problem", run: runs[names.indexOf(name)] ?? name, problem }),
  });
}
