import { DROP_REASONS } from "./filters.js";
import type { Ranking, RankingEntry } from "./schema.js";
import type { RankSettings } from "./settings.js";
import { type Evidence, perplexity, STATISTICS, type Statistic } from "./statistics.js";
import type { RankTable } from "./table.js";

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
      return { configuration, statistic, count: order.length, dropped, ...matches, top };
    });
  });
}

/** Uint32Array [ranked rows]: the rows by the statistic, descending; ties by id in code-unit order. */
export function sortRows(table: RankTable, statistic: Statistic): Uint32Array {
  const values = new Float64Array(table.ids.length);
  const rows = new Uint32Array(table.ids.length);
  let ranked = 0;
  for (let row = 0; row < table.ids.length; row += 1) {
    if (table.fate[row] !== 0) continue;
    values[row] = statistic.value(evidence(table, row));
    rows[ranked] = row;
    ranked += 1;
  }
  return rows.subarray(0, ranked).sort((a, b) => {
    const left = values[a] as number;
    const right = values[b] as number;
    if (left !== right) return right - left;
    return compareClamped(table, statistic, left, a, b) || compareText(table.ids[a] as string, table.ids[b] as string);
  });
}

/** Below 0 where row a comes first; 0 unless both have the same clamped value. */
function compareClamped(table: RankTable, statistic: Statistic, value: number, a: number, b: number): number {
  if (statistic.beyond === undefined || Math.abs(value) !== Number.MAX_VALUE) return 0;
  return statistic.beyond(evidence(table, b)) - statistic.beyond(evidence(table, a));
}

function evidence(table: RankTable, row: number): Evidence {
  return {
    nllFinetuned: table.nllFinetuned[row] as number,
    nllReference: table.nllReference[row] as number,
    tokens: table.tokens[row] as number,
  };
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

/** Code-unit order, the same on every machine whatever its language. */
function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
