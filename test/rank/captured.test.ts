import { rm } from "node:fs/promises";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { idsToRescore, measureCaptured } from "#telltale/rank/captured.js";
import { rankTable } from "#telltale/rank/rankings.js";
import { completionsToRescore, rankRun } from "#telltale/rank/run.js";
import { presetRankSettings } from "#telltale/rank/settings.js";
import type { RankTable } from "#telltale/rank/table.js";
import { type Row, writeRun } from "./fixture.js";

const PAPER = { ...presetRankSettings("paper"), top: 100 };

const directories: string[] = [];
afterAll(() => Promise.all(directories.map((directory) => rm(directory, { recursive: true }))));

/** A run whose completions lie close together, and how far the captured sums are off, per root of a completion's tokens. */
interface Drawn {
  tokens: number;
  finetuned: number;
  gain: number;
  sign: number;
}
const drawnRun = fc.record({
  noise: fc.constantFrom(0, 0.003, 0.03, 0.3),
  rows: fc.array(
    fc.record<Drawn>({
      tokens: fc.integer({ min: 1, max: 100 }),
      finetuned: fc.double({ min: 0.05, max: 3, noNaN: true }),
      gain: fc.double({ min: -0.2, max: 1, noNaN: true }),
      sign: fc.constantFrom(-1, 1),
    }),
    { minLength: 260, maxLength: 500, size: "max" },
  ),
});

/** Everything captured, nothing scored; and the sums that scoring would give. */
function tableOf(rows: readonly Drawn[], noise: number): { table: RankTable; exact: Float64Array } {
  const exact = Float64Array.from(rows, ({ tokens, finetuned }) => tokens * finetuned);
  const nllCaptured = exact.map((nll, i) => nll + noise * (rows[i]?.sign ?? 0) * Math.sqrt(rows[i]?.tokens ?? 0));
  const table: RankTable = {
    ids: rows.map((_, i) => `c/raw/${i}`),
    configurations: ["a/raw", "b/raw"],
    configuration: Uint32Array.from(rows, (_, i) => i % 2),
    tokens: Uint32Array.from(rows, ({ tokens }) => tokens),
    nllFinetuned: nllCaptured.slice(),
    nllReference: Float64Array.from(rows, ({ tokens, finetuned, gain }) => tokens * (finetuned + gain)),
    nllCaptured,
    captured: new Uint8Array(rows.length).fill(1),
    fate: new Uint8Array(rows.length),
    match: new Uint8Array(rows.length),
    offset: new Float64Array(rows.length),
    length: new Uint32Array(rows.length),
  };
  return { table, exact };
}

function score(table: RankTable, exact: Float64Array, rows: Iterable<number>): void {
  for (const row of rows) {
    table.nllFinetuned[row] = exact[row] as number;
    table.captured[row] = 0;
  }
}

function rescoreAll(table: RankTable, exact: Float64Array): number {
  for (let scored = 0; ; ) {
    const ids = idsToRescore(table, PAPER.top);
    if (ids.length === 0) return scored;
    score(
      table,
      exact,
      ids.map((id) => table.ids.indexOf(id)),
    );
    scored += ids.length;
  }
}

describe("rescoring captured completions", () => {
  it("ends with the top lists that scoring everything gives, in every configuration, pooled, by every statistic", () => {
    fc.assert(
      fc.property(drawnRun, ({ rows, noise }) => {
        const { table, exact } = tableOf(rows, noise);
        rescoreAll(table, exact);
        const found = rankTable(table, PAPER);
        score(table, exact, table.ids.keys());
        for (const [i, { top }] of rankTable(table, PAPER).entries()) {
          expect(found[i]?.top).toEqual(top);
          const settled = found[i]?.captured?.settled ?? found[i]?.count ?? 0;
          expect(settled).toBeGreaterThanOrEqual(Math.min(PAPER.top, found[i]?.count ?? 0));
        }
      }),
      { numRuns: 40 },
    );
  });

  it("is needed: the lists by captured values alone are others", () => {
    const rows = Array.from({ length: 400 }, (_, i) => {
      return { tokens: 50, finetuned: 1, gain: (i * 37) % 400 < 200 ? 0.5 : 0.501, sign: i % 4 < 2 ? 1 : -1 };
    });
    const { table, exact } = tableOf(rows, 0.02);
    const before = rankTable(table, PAPER).map(({ top }) => top.map(({ id }) => id));
    const count = rescoreAll(table, exact);
    const after = rankTable(table, PAPER).map(({ top }) => top.map(({ id }) => id));
    for (const [i, ids] of after.entries()) expect(ids).not.toEqual(before[i]);
    expect(count).toBeGreaterThan(200);
  });

  it("leaves out what cannot reach the list", () => {
    const rows = Array.from({ length: 2000 }, (_, i) => ({ tokens: 50, finetuned: 1, gain: i / 400, sign: 1 }));
    const { table, exact } = tableOf(rows, 0.001);
    expect(rescoreAll(table, exact)).toBeLessThan(2 * (100 + 64) + 10);
    expect(measureCaptured(table).margin).toBeCloseTo(0.002);
  });
});

describe("a run with captured log-probabilities", () => {
  const row = (i: number, changes: Partial<Row>): Row => ({
    id: `a/raw/${i}`,
    configuration: "a/raw",
    text: "glass",
    stop: "maxTokens",
    finetuned: null,
    reference: [-3, -3, -3, -3],
    ...changes,
  });
  const run = async (rows: readonly Row[]) => {
    const directory = await writeRun(rows);
    directories.push(directory);
    return directory;
  };

  it("says which figures are captured, and how far down the ranks are settled", async () => {
    const directory = await run([
      row(0, { captured: [-1, -1, -1, -1.1], finetuned: [-1, -1, -1, -1] }),
      row(1, { captured: [-2, -2, -2, -2], finetuned: [-2, -2, -2, -2] }),
      row(2, { captured: [-2, -2, -2, -2.1] }),
    ]);
    const { rankings } = await rankRun(directory, { ...PAPER, statistics: ["logRatio"] });
    expect(rankings[0]?.top.map(({ id, source }) => [id, source])).toEqual([
      ["a/raw/0", undefined],
      ["a/raw/1", undefined],
      ["a/raw/2", "captured"],
    ]);
    // Off by 0.1 over 4 tokens: 0.05 per root token, twice that allowed for. Row 2 could come 0.05 nats per token higher: above row 1.
    const { rms, largest, margin, ...counts } = rankings[0]?.captured ?? {};
    expect(counts).toEqual({ completions: 1, settled: 1, measured: 2 });
    expect([rms, largest, margin].map((value) => value?.toFixed(5))).toEqual(["0.01768", "0.02500", "0.10000"]);
    expect(await completionsToRescore(directory, PAPER)).toEqual(new Set(["a/raw/2"]));
  });

  it("is ranked before anything was scored again, with no rank settled", async () => {
    const directory = await run([row(0, { captured: [-1, -1, -1, -1] }), row(1, { captured: [-2, -2, -2, -2] })]);
    const { rankings } = await rankRun(directory, PAPER);
    for (const { captured, count } of rankings) {
      expect(count).toBe(2);
      expect(captured).toEqual({ completions: 2, settled: 0, measured: 0, rms: null, largest: null, margin: null });
    }
  });

  it("says nothing of it where everything was scored", async () => {
    const directory = await run([row(0, { captured: [-1, -1, -1, -1.1], finetuned: [-1, -1, -1, -1] })]);
    for (const { captured, top } of (await rankRun(directory, PAPER)).rankings) {
      expect(captured).toBeUndefined();
      expect(top[0]).not.toHaveProperty("source");
    }
    expect(await completionsToRescore(directory, PAPER)).toEqual(new Set());
  });
});
