/** A measurement of this share of the time wanted is long enough. */
const ENOUGH = 0.6;
/** A short run says little about a long one, so work grows by this factor at most. */
const STEEPEST = 20;

/**
 * How much work to try next, when so many units took so many seconds and about `wanted` seconds are to be filled; undefined
 * where that run was long enough, or can have no more units.
 */
export function moreWork(units: number, seconds: number, wanted: number, most: number): number | undefined {
  if (seconds >= ENOUGH * wanted || units >= most) return undefined;
  const growth = Math.min(STEEPEST, wanted / Math.max(seconds, Number.MIN_VALUE));
  return Math.min(most, Math.max(units + 1, Math.ceil(units * growth)));
}

/** Runs more and more work until a run fills about `wanted` seconds, and gives that run. */
export async function adapted<Run extends { seconds: number }>(
  wanted: number,
  { first, most }: { first: number; most: number },
  run: (units: number) => Promise<Run>,
): Promise<Run> {
  for (let units = Math.min(first, most); ; ) {
    const result = await run(units);
    const next = moreWork(units, result.seconds, wanted, most);
    if (next === undefined) return result;
    units = next;
  }
}
