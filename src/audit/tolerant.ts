import { TelltaleError } from "../errors.js";

/** So many completions without finite log-probabilities are an oddity; more are a model that is broken. */
const MOST_BAD = 64;

/** Counts what is left out; shared by all steps of a run. */
export interface Tolerance {
  bad: number;
}

/**
 * Runs items in one go; where one of them has a log-probability that is not finite, which stops them all, runs what is left in halves
 * until it is found. `left`: those of the items that have no result yet. Throws NON_FINITE once too many have been found.
 */
export async function* runTolerant<Item, Batch>(
  items: readonly Item[],
  run: (items: readonly Item[]) => AsyncIterable<Batch>,
  left: (items: readonly Item[]) => readonly Item[],
  tolerance: Tolerance,
  onBad: (item: Item, error: TelltaleError) => Promise<void>,
): AsyncGenerator<Batch, void, void> {
  if (items.length === 0) return;
  try {
    yield* run(items);
  } catch (error) {
    if (!(error instanceof TelltaleError) || error.code !== "NON_FINITE") throw error;
    const rest = left(items);
    if (rest.length < items.length) {
      // What has a result since is not what stopped the rest, and one that is left over has not been alone yet.
      yield* runTolerant(rest, run, left, tolerance, onBad);
      return;
    }
    if (items.length === 1) {
      tolerance.bad += 1;
      if (tolerance.bad > MOST_BAD) throw error;
      await onBad(items[0] as Item, error);
      return;
    }
    const half = Math.ceil(items.length / 2);
    for (const part of [items.slice(0, half), items.slice(half)]) yield* runTolerant(part, run, left, tolerance, onBad);
  }
}
