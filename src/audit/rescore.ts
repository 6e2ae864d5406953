import type { Engine } from "../engine/engine.js";
import { completionsToRescore } from "../rank/run.js";
import type { Head } from "./heads.js";
import type { CorpusPrefills } from "./prefills.js";
import { beginPhase, scoreJournal, type Workshop } from "./steps.js";

/**
 * Scores under the finetuned model what captured log-probabilities leave in doubt, until the top lists are those of a run in which it
 * scored everything: what leads them and a sample, and then, round by round, whatever the difference measured so far lets reach them.
 */
export async function rescore(
  shop: Workshop,
  engine: Engine,
  corpora: readonly CorpusPrefills[],
  heads: readonly Head[],
): Promise<void> {
  const scored = new Set<string>();
  for (;;) {
    const asked = await completionsToRescore(shop.directory, shop.options.rank, shop.signal);
    const wanted = new Set([...asked].filter((id) => !scored.has(id)));
    if (wanted.size === 0) return;
    beginPhase(shop, "rescore", wanted.size, 1);
    await scoreJournal(shop, engine, "finetuned", corpora, heads, wanted);
    for (const id of wanted) scored.add(id);
  }
}
