import { Bench } from "tinybench";
import { randomNumbers } from "#telltale/prefill/shuffle.js";
import { describeLists, orderTable } from "#telltale/rank/rankings.js";
import { presetRankSettings } from "#telltale/rank/settings.js";
import { logRatio } from "#telltale/rank/statistics.js";
import type { RankTable } from "#telltale/rank/table.js";
import { NOTHING_TO_CLEAR, type Part } from "./parts.js";

const ROWS = 1_000_000;

/** Ranking a million rows that are in memory by both statistics, beside sorting as many objects by one. */
export async function rankingPart(quick: boolean): Promise<Part> {
  const rows = quick ? ROWS / 10 : ROWS;
  const table = randomTable(rows);
  const settings = presetRankSettings("default");
  const bench = new Bench({ name: `ranking ${rows} completions`, time: 0, iterations: 5, warmup: false });
  bench.add("Telltale: every ranking", () => {
    describeLists(table, orderTable(table, settings), settings, null);
  });
  bench.add("objects, sorted by one statistic", () => {
    sortObjects(table);
  });
  return { benches: [bench], done: NOTHING_TO_CLEAR };
}

function randomTable(rows: number): RankTable {
  const next = randomNumbers(5);
  const tokens = Uint32Array.from({ length: rows }, () => 20 + Math.floor(80 * next()));
  const nll = (): Float64Array => Float64Array.from(tokens, (count) => count * (2 + next()));
  return {
    ids: Array.from({ length: rows }, (_, i) => `builtin/raw/${i}`),
    configurations: ["builtin/raw", "builtin/chat"],
    configuration: Uint32Array.from({ length: rows }, (_, i) => i % 2),
    tokens,
    allTokens: tokens,
    referenceTokens: tokens,
    aligned: new Uint8Array(rows),
    bytes: tokens.map((count) => 4 * count),
    peak: Float64Array.from(tokens, () => next()),
    peakFrom: new Uint32Array(rows),
    group: Uint32Array.from({ length: rows }, (_, i) => i),
    behaviours: [],
    nllFinetuned: nll(),
    nllReference: nll(),
    nllCaptured: new Float64Array(rows).fill(Number.NaN),
    captured: new Uint8Array(rows),
    fate: new Uint8Array(rows),
    match: new Uint8Array(rows),
    offset: Float64Array.from({ length: rows }, (_, i) => 500 * i),
    length: new Uint32Array(rows).fill(500),
  };
}

function sortObjects({ ids, tokens, nllFinetuned, nllReference }: RankTable): void {
  const rows = ids.map((id, i) => {
    const evidence = {
      nllFinetuned: nllFinetuned[i] as number,
      nllReference: nllReference[i] as number,
      tokens: tokens[i] as number,
    };
    return { id, value: logRatio(evidence) };
  });
  rows.sort((a, b) => b.value - a.value);
}
