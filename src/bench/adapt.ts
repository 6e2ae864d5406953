/** A measurement of this share of the time wanted is long enough. */
const ENOUGH = 0.6;
/** A short run says little about a long one, so work grows by this factor at most. */
const STEEPEST = 20;
/**
 * Work grows by 1 / ENOUGH at least: a run that took hardly longer than the one before is nearly all fixed cost, and four times
 * its work still ends within the time wanted.
 */
const FLAT = 1.08;
const FLAT_GROWTH = 4;

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
  let units = Math.min(first, most);
  let before = Number.NaN;
  for (;;) {
    const result = await run(units);
    const next = moreWork(units, result.seconds, wanted, most);
    if (next === undefined) return result;
    const least = result.seconds < FLAT * before ? Math.min(most, FLAT_GROWTH * units) : 0;
    before = result.seconds;
    units = Math.max(next, least);
  }
}
