import type { Statistic } from "./statistics.js";
import { evidence, type RankTable } from "./table.js";

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

/** Code-unit order, the same on every machine whatever its language. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
