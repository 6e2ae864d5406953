import type { RunNoise } from "../journal/noise.js";
import { falseDiscoveryRates, pValues, summarizeNull } from "./calibration.js";
import { describeCaptured, measureCaptured } from "./captured.js";
import { DROP_REASONS } from "./filters.js";
import { listRows, type OrderedList } from "./listed.js";
import { describeMatches } from "./matches.js";
import { describeNoise, type NoisyRanks } from "./noise.js";
import { sortRows, valuesOf } from "./order-rows.js";
import type { Dropped, Ranking, RankingEntry } from "./schema.js";
import type { RankSettings } from "./settings.js";
import { compareText } from "./sort.js";
import { perplexity, STATISTICS } from "./statistics.js";
import { evidence, type RankTable } from "./table.js";

export const POOLED = "pooled";

/** A ranking whose entries say where their texts lie instead of holding them. */
export interface RankingDraft extends Omit<Ranking, "top"> {
  top: EntryDraft[];
}

export interface EntryDraft extends Omit<RankingEntry, "prefill" | "completion"> {
  /** Bytes: the completion's line in completions.jsonl. */
  offset: number;
  length: number;
}

/** Every list the settings ask for: per configuration in code-unit order, then pooled; for each, the statistics. */
export function orderTable(table: RankTable, settings: Pick<RankSettings, "statistics">): OrderedList[] {
  const orders = settings.statistics.map((statistic) => sortRows(table, STATISTICS[statistic]));
  const names = [...table.configurations].sort(compareText);
  return [...names, POOLED].flatMap((configuration) => {
    const only = configuration === POOLED ? null : table.configurations.indexOf(configuration);
    return settings.statistics.map((statistic, i) => {
      const all = orders[i] as Uint32Array;
      // A part of a sorted list is sorted: each statistic is sorted once, whatever the number of configurations.
      const sorted = only === null ? all : all.filter((row) => table.configuration[row] === only);
      const listed = listRows(table, sorted);
      const values = valuesOf(table, listed.order, STATISTICS[statistic]);
      const sortedValues = valuesOf(table, sorted, STATISTICS[statistic]);
      return { configuration, statistic, only, sorted, values, sortedValues, ...listed };
    });
  });
}

/**
 * Describes lists; `nulls`: the null's, of which one of the same configuration and statistic is set beside each; `noise`: of the
 * run, by which ranks are marked.
 */
export function describeLists(
  table: RankTable,
  lists: readonly OrderedList[],
  settings: RankSettings,
  nulls: readonly OrderedList[] | null,
  noise: RunNoise | null = null,
): RankingDraft[] {
  const difference = measureCaptured(table);
  const droppedOf = countDropped(table);
  return lists.map((list) => {
    const beside = nulls?.find(
      ({ configuration, statistic }) => configuration === list.configuration && statistic === list.statistic,
    );
    const calibration = beside === undefined ? null : calibrate(list, beside);
    const captured = describeCaptured(table, list, difference);
    const noisy = describeNoise(table, list, noise, difference.margin ?? 0);
    const dropped = { ...droppedOf(list.only), nearDuplicates: list.nearDuplicates };
    return {
      configuration: list.configuration,
      statistic: list.statistic,
      count: list.order.length,
      dropped,
      ...(captured && { captured }),
      ...(noisy && { noise: noisy.summary }),
      ...describeMatches(table, list.order, settings.keywords),
      ...(calibration && { null: calibration.summary }),
      top: draftEntries(table, list, settings).map((entry, place) => ({
        ...entry,
        ...(calibration && { p: calibration.p[place] as number, q: calibration.q[place] as number }),
        ...ranksOf(noisy, place),
      })),
    };
  });
}

function ranksOf(noisy: NoisyRanks | null, place: number): Pick<EntryDraft, "ranks"> {
  const [best, worst] = [noisy?.best[place], noisy?.worst[place]];
  return best === undefined || worst === undefined || best === worst ? {} : { ranks: { best, worst } };
}

/**
 * A list beside its null, near-duplicates counted in both: a model that says one thing over and over says it more often than the
 * reference, which is a difference as well. `p`, `q`: of the listed completions.
 */
function calibrate({ sorted, sortedValues, order }: OrderedList, beside: OrderedList) {
  const nullValues = beside.sortedValues.slice().reverse();
  const p = pValues(sortedValues, nullValues);
  const q = falseDiscoveryRates(p);
  let place = 0;
  const places = Array.from(order, (row) => {
    while (sorted[place] !== row) place += 1;
    return place;
  });
  return {
    p: places.map((at) => p[at] as number),
    q: places.map((at) => q[at] as number),
    summary: summarizeNull(sortedValues, nullValues, q),
  };
}

function draftEntries(table: RankTable, list: OrderedList, settings: RankSettings): EntryDraft[] {
  const catalogue = settings.keywords ?? [];
  return Array.from(list.order.subarray(0, settings.top), (row, place) => {
    const { nllFinetuned, nllReference, tokens, referenceTokens = tokens, bytes, peak } = evidence(table, row);
    const matched = catalogue.filter((_, behaviour) => includes(table.behaviours[behaviour], row));
    return {
      rank: place + 1,
      id: table.ids[row] as string,
      value: list.values[place] as number,
      ...(table.captured[row] === 1 && { source: "captured" as const }),
      tokens,
      bytes,
      nllFinetuned,
      nllReference,
      peak: { value: peak, from: table.peakFrom[row] as number },
      pplFinetuned: perplexity(nllFinetuned, tokens),
      pplReference: perplexity(nllReference, referenceTokens),
      ...(table.aligned[row] === 1 && { referenceTokens, pplReferencePerToken: perplexity(nllReference, tokens) }),
      match: settings.keywords === null ? null : table.match[row] === 1,
      ...(catalogue.length > 1 && { behaviours: matched.map(({ behaviour }) => behaviour) }),
      standsFor: list.standsFor[row] as number,
      offset: table.offset[row] as number,
      length: table.length[row] as number,
    };
  });
}

/** Whether an ascending array holds a row. */
function includes(rows: Uint32Array | undefined, row: number): boolean {
  let [low, high] = [0, rows?.length ?? 0];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rows?.[middle] as number) < row) low = middle + 1;
    else high = middle;
  }
  return rows?.[low] === row;
}

/** How many of a configuration, or of all, were dropped for which reason. */
function countDropped(table: RankTable): (only: number | null) => Omit<Dropped, "nearDuplicates"> {
  const reasons = DROP_REASONS.length;
  const counts = new Uint32Array(table.configurations.length * reasons);
  for (let row = 0; row < table.fate.length; row += 1) {
    const fate = table.fate[row] as number;
    if (fate === 0) continue;
    const at = (table.configuration[row] as number) * reasons + fate - 1;
    counts[at] = (counts[at] as number) + 1;
  }
  return (only) => {
    const dropped = { empty: 0, unscored: 0, minTokens: 0, repetition: 0 };
    for (const name of table.configurations.keys()) {
      if (only !== null && only !== name) continue;
      for (const [i, reason] of DROP_REASONS.entries()) dropped[reason] += counts[name * reasons + i] as number;
    }
    return dropped;
  };
}
