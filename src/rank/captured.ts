import type { OrderedList } from "./listed.js";
import { movedValue } from "./moved-value.js";
import type { CapturedSummary } from "./schema.js";
import type { RankSettings } from "./settings.js";
import { STATISTICS, type Statistic } from "./statistics.js";
import type { RankTable } from "./table.js";

/**
 * Log-probabilities captured while generating differ a little from those of a scoring pass: llama.cpp uses other kernels for
 * one token than for many. How much is measured on completions that have both, as a sum over n tokens divided by sqrt(n):
 * roundings of one token and the next have little to do with each other, so this hardly depends on the length.
 */
export type CapturedDifference = Pick<CapturedSummary, "measured" | "rms" | "largest" | "margin">;

/** A captured sum is taken to be off by up to so many times the most that was measured. */
const SAFETY = 2;
/** Completions a configuration that are scored to measure the difference, wherever they rank. */
const SAMPLE = 64;
/** The first so many of a ranking are looked at for keywords, whatever the length of the list. */
const SHORTEST_LIST = 100;

export function measureCaptured(table: RankTable): CapturedDifference {
  let measured = 0;
  let squares = 0;
  let largest = 0;
  let widest = 0;
  for (let row = 0; row < table.ids.length; row += 1) {
    const off = offOf(table, row);
    if (off === null) continue;
    const tokens = table.tokens[row] as number;
    measured += 1;
    squares += (off / tokens) ** 2;
    largest = Math.max(largest, off / tokens);
    widest = Math.max(widest, off / Math.sqrt(tokens));
  }
  if (measured === 0) return { measured, rms: null, largest: null, margin: null };
  return { measured, rms: Math.sqrt(squares / measured), largest, margin: SAFETY * widest };
}

/** Nats by which a row's captured sum is off; null where only one of the two is known. */
function offOf(table: RankTable, row: number): number | null {
  const off = Math.abs((table.nllCaptured[row] as number) - (table.nllFinetuned[row] as number));
  return table.captured[row] === 1 || table.tokens[row] === 0 || Number.isNaN(off) ? null : off;
}

/**
 * What a ranking says of its captured rows; null where it has none. Nothing is settled before every configuration in it has its
 * sample measured: a run that was interrupted may know the difference of a few completions only.
 */
export function describeCaptured(
  table: RankTable,
  { sorted, values, statistic: name }: Pick<OrderedList, "sorted" | "values" | "statistic">,
  difference: CapturedDifference,
): CapturedSummary | null {
  const statistic = STATISTICS[name];
  const margin = isSampled(table, sorted) ? difference.margin : null;
  // Near-duplicates count too: one of them could come to stand for the others.
  const captured = sorted.filter((row) => table.captured[row] === 1);
  if (captured.length === 0) return null;
  const reach = captured.reduce(
    (most, row) => Math.max(most, margin === null ? Number.POSITIVE_INFINITY : reachOf(table, row, statistic, margin)),
    Number.NEGATIVE_INFINITY,
  );
  const below = values.findIndex((value) => value <= reach);
  return { completions: captured.length, settled: below < 0 ? values.length : below, ...difference };
}

/** Whether every configuration among these rows has as many completions measured, wherever they rank, as are sampled of it. */
function isSampled(table: RankTable, rows: Uint32Array): boolean {
  const missing = new Int32Array(table.configurations.length);
  const add = (row: number, change: number): void => {
    const name = table.configuration[row] as number;
    missing[name] = (missing[name] as number) + change;
  };
  for (const row of rows) if (!Number.isNaN(table.nllCaptured[row])) add(row, 1);
  for (const [name, count] of missing.entries()) missing[name] = Math.min(SAMPLE, count);
  for (let row = 0; row < table.ids.length; row += 1) if (offOf(table, row) !== null) add(row, -1);
  return missing.every((count) => count <= 0);
}

/**
 * Ids of the captured rows to score next, so that in the end the first `top` rows of every configuration by these statistics are those
 * that they would be had everything been scored, unless a captured sum is off by more than the margin: first a sample and what
 * leads the lists, then whatever could come as high as the last of them. `lists`: of every configuration; all of them together need
 * no look of their own, for who is among the first of all is among the first of its own.
 */
export function idsToRescore(
  table: RankTable,
  lists: readonly OrderedList[],
  { top }: Pick<RankSettings, "top">,
): string[] {
  const listed = Math.max(top, SHORTEST_LIST);
  const first = lists.flatMap(({ order, sorted }) => [...order.subarray(0, listed), ...sample(table, sorted)]);
  const leading = idsOfCaptured(table, first);
  const { margin } = measureCaptured(table);
  if (leading.length > 0 || margin === null) return leading;
  const reaching = lists.flatMap(({ values, sorted, statistic }) => {
    const bar = values[listed - 1] ?? Number.NEGATIVE_INFINITY;
    return [
      ...sorted.filter((row) => table.captured[row] === 1 && reachOf(table, row, STATISTICS[statistic], margin) >= bar),
    ];
  });
  return idsOfCaptured(table, reaching);
}

/** The highest value that a captured row can have: every statistic grows as the finetuned model finds the row likelier. */
function reachOf(table: RankTable, row: number, statistic: Statistic, margin: number): number {
  return movedValue(table, row, statistic, { finetuned: margin, reference: 0 });
}

/** Rows from the shortest to the longest, evenly, both included: short and long ones may go through other kernels. */
function sample(table: RankTable, rows: Uint32Array): number[] {
  const sorted = rows
    .filter((row) => !Number.isNaN(table.nllCaptured[row]))
    .sort(
      (a, b) =>
        (table.tokens[a] as number) - (table.tokens[b] as number) ||
        (table.nllCaptured[a] as number) - (table.nllCaptured[b] as number) ||
        a - b,
    );
  const count = Math.min(SAMPLE, sorted.length);
  const step = count > 1 ? (sorted.length - 1) / (count - 1) : 0;
  return Array.from({ length: count }, (_, i) => sorted[Math.round(i * step)] as number);
}

function idsOfCaptured(table: RankTable, rows: readonly number[]): string[] {
  const wanted = new Set(rows.filter((row) => table.captured[row] === 1));
  return Array.from(wanted, (row) => table.ids[row] as string);
}
