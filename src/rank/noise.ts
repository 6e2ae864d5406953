import type { NoiseDifference, RunNoise } from "../journal/noise.js";
import type { Role } from "../journal/records.js";
import type { OrderedList } from "./listed.js";
import { movedValue, type SumMargins } from "./moved-value.js";
import type { NoiseSummary } from "./schema.js";
import { STATISTICS } from "./statistics.js";
import type { RankTable } from "./table.js";

/** A sum is taken to be off by up to so many times the most that was measured. */
const SAFETY = 2;

/** How far up and down the noise of the run could move the rows of a list. */
export interface NoisyRanks {
  summary: NoiseSummary;
  /** Uint32Array [order.length]: ranks, 1 the first. */
  best: Uint32Array;
  worst: Uint32Array;
}

/**
 * The ranks that each row of a list could have, were the sums of both models off by as much as the run's canary showed, each row
 * for itself: those above it by more than that stay above, those below by more stay below. `captured`: nats over the root of the
 * tokens by which captured sums of the finetuned model may be off besides. Null where the run has no noise, or none was measured.
 */
export function describeNoise(
  table: RankTable,
  { order, statistic: name }: Pick<OrderedList, "order" | "statistic">,
  noise: RunNoise | null,
  captured: number,
): NoisyRanks | null {
  const finetuned = sideOf(noise, "finetuned");
  const reference = sideOf(noise, "reference");
  const margins = { finetuned: finetuned?.margin ?? 0, reference: reference?.margin ?? 0 };
  if (margins.finetuned === 0 && margins.reference === 0) return null;
  const highest = new Float64Array(order.length);
  const lowest = new Float64Array(order.length);
  for (const [place, row] of order.entries()) {
    const own = table.captured[row] === 1 ? { ...margins, finetuned: margins.finetuned + captured } : margins;
    highest[place] = movedValue(table, row, STATISTICS[name], own);
    lowest[place] = movedValue(table, row, STATISTICS[name], negative(own));
  }
  const { best, worst } = ranksWithin(highest, lowest);
  const isSettled = (i: number): boolean => best[i] === worst[i];
  let uncertain = 0;
  for (let i = 0; i < order.length; i += 1) if (!isSettled(i)) uncertain += 1;
  const first = order.findIndex((_, i) => !isSettled(i));
  const settled = first < 0 ? order.length : first;
  return { summary: { finetuned, reference, uncertain, settled }, best, worst };
}

/**
 * Ranks that values known to lie from `lowest` to `highest`, Float64Array [n], could have: the best with all below that may be, the
 * worst with all above that may be.
 */
export function ranksWithin(highest: Float64Array, lowest: Float64Array): { best: Uint32Array; worst: Uint32Array } {
  const [tops, bottoms] = [highest.slice().sort(), lowest.slice().sort()];
  const count = highest.length;
  return {
    // Above it for certain: those whose lowest value is higher than its highest.
    best: Uint32Array.from(highest, (value) => 1 + count - firstAbove(bottoms, value)),
    // Perhaps above it, itself included: those whose highest value is not below its lowest.
    worst: Uint32Array.from(lowest, (value) => count - firstNotBelow(tops, value)),
  };
}

function sideOf(noise: RunNoise | null, role: Role): NoiseSummary[Role] {
  const measured = noise?.[role];
  if (measured === undefined) return null;
  const all: NoiseDifference[] = [measured.alone, measured.again, ...(noise?.between ? [noise.between] : [])];
  const most = (key: keyof NoiseDifference): number => Math.max(...all.map((difference) => difference[key]));
  return {
    sequences: measured.sequences,
    rms: most("rms"),
    largest: most("largest"),
    margin: SAFETY * most("largestPerRoot"),
  };
}

function negative({ finetuned, reference }: SumMargins): SumMargins {
  return { finetuned: -finetuned, reference: -reference };
}

/** Index of the first value of an ascending array that is above another; its length where none is. */
function firstAbove(sorted: Float64Array, value: number): number {
  return partition(sorted, (each) => each <= value);
}

function firstNotBelow(sorted: Float64Array, value: number): number {
  return partition(sorted, (each) => each < value);
}

function partition(sorted: Float64Array, isBefore: (value: number) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(sorted[middle] as number)) low = middle + 1;
    else high = middle;
  }
  return low;
}
