import { describeCaptured, measureCaptured } from "./captured.js";
import { DROP_REASONS } from "./filters.js";
import type { Ranking, RankingEntry } from "./schema.js";
import type { RankSettings } from "./settings.js";
import { compareText, sortRows } from "./sort.js";
import { perplexity, STATISTICS, type Statistic } from "./statistics.js";
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

/** Every ranking the settings ask for: per configuration in code-unit order, then pooled; for each, the statistics. */
export function rankTable(table: RankTable, settings: RankSettings): RankingDraft[] {
  const orders = settings.statistics.map((statistic) => sortRows(table, STATISTICS[statistic]));
  const difference = measureCaptured(table);
  const names = [...table.configurations].sort(compareText);
  return [...names, POOLED].flatMap((configuration) => {
    const only = configuration === POOLED ? null : table.configurations.indexOf(configuration);
    const dropped = countDropped(table, only);
    return settings.statistics.map((statistic, i) => {
      const pooled = orders[i] as Uint32Array;
      // A part of a sorted list is sorted: each statistic is sorted once, whatever the number of configurations.
      const order = only === null ? pooled : pooled.filter((row) => table.configuration[row] === only);
      const top = [...order.subarray(0, settings.top)].map((row, place) =>
        draftEntry(table, row, place + 1, STATISTICS[statistic], settings.keywords !== null),
      );
      const matches = settings.keywords === null ? {} : { matches: countMatches(table, order) };
      const captured = describeCaptured(table, order, STATISTICS[statistic], difference);
      return {
        configuration,
        statistic,
        count: order.length,
        dropped,
        ...(captured && { captured }),
        ...matches,
        top,
      };
    });
  });
}

function draftEntry(
  table: RankTable,
  row: number,
  rank: number,
  statistic: Statistic,
  withKeywords: boolean,
): EntryDraft {
  const { nllFinetuned, nllReference, tokens } = evidence(table, row);
  return {
    rank,
    id: table.ids[row] as string,
    value: statistic.value({ nllFinetuned, nllReference, tokens }),
    ...(table.captured[row] === 1 && { source: "captured" as const }),
    tokens,
    pplFinetuned: perplexity(nllFinetuned, tokens),
    pplReference: perplexity(nllReference, tokens),
    match: withKeywords ? table.match[row] === 1 : null,
    offset: table.offset[row] as number,
    length: table.length[row] as number,
  };
}

function countDropped(table: RankTable, only: number | null): Ranking["dropped"] {
  const dropped = { empty: 0, unscored: 0, minTokens: 0, repetition: 0 };
  for (let row = 0; row < table.ids.length; row += 1) {
    const reason = DROP_REASONS[(table.fate[row] as number) - 1];
    if (reason !== undefined && (only === null || table.configuration[row] === only)) dropped[reason] += 1;
  }
  return dropped;
}

function countMatches(table: RankTable, order: Uint32Array): NonNullable<Ranking["matches"]> {
  const places = order.reduce<number[]>((found, row, place) => {
    if (table.match[row] === 1) found.push(place);
    return found;
  }, []);
  const first = places[0];
  return {
    top10: places.filter((place) => place < 10).length,
    top100: places.filter((place) => place < 100).length,
    firstRank: first === undefined ? null : first + 1,
    total: places.length,
  };
}
