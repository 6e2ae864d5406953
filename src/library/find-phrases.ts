import { definedOnly } from "../defined.js";
import { phrasesOfRun } from "../rank/phrases/of-run.js";
import type { Phrases } from "../rank/phrases/schema.js";
import { type RankOptions, rankSettings } from "./rank-options.js";

/** How a run is ranked, and of what phrases are looked for. */
export interface FindPhrasesOptions extends RankOptions {
  /** A configuration of the run, e.g. "builtin/chat". Default: all of them together. */
  configuration?: string | undefined;
}

/**
 * What the first `top` completions of a run say far more than the others, in themes: no keywords are needed. Ranked by the first
 * statistic, near-duplicates left in.
 *
 * Throws BAD_ARGUMENT for wrong options or a configuration that the run has not, FILE_UNREADABLE, BAD_RUN, CANCELLED.
 */
export async function findPhrases(run: string, options: FindPhrasesOptions = {}): Promise<Phrases> {
  const { configuration, ...asked } = options;
  const { signal, onEvent } = asked;
  const { phrases } = await phrasesOfRun(run, await rankSettings(run, asked), {
    ...definedOnly({ signal, configuration }),
    onProblem: (problem) => onEvent?.({ type: "problem", run, problem }),
  });
  return phrases;
}
