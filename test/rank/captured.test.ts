import { rm } from "node:fs/promises";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { randomNumbers } from "#telltale/prefill/shuffle.js";
import { idsToRescore, measureCaptured } from "#telltale/rank/captured.js";
import { describeLists, orderTable, type RankingDraft } from "#telltale/rank/rankings.js";
import { completionsToRescore, rankRun } from "#telltale/rank/run.js";
import { presetRankSettings, type RankSettings } from "#telltale/rank/settings.js";
import type { RankTable } from "#telltale/rank/table.js";
import { type Row, writeRun } from "./fixture.js";

const PAPER = { ...presetRankSettings("paper"), top: 100 };

const directories: string[] = [];
afterAll(() => Promise.all(directories.map((directory) => rm(directory, { recursive: true }))));

interface Drawn {
  tokens: number;
  finetuned: number;
  gain: number;
  /** Nats: the captured sum less the one that scoring would give. */
  off: number;
}

/** Below so many tokens generating and scoring go through the same kernels on a CPU. */
const SAME_KERNELS = 64;

/** Completions that lie close together, captured sums off by `noise` nats per root token: normal, Box and Muller's way. */
function drawnRows(count: number, noise: number, seed: number): Drawn[] {
  const random = randomNumbers(seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Array.from({ length: count }, () => {
    const tokens = 1 + Math.floor(200 * random());
    const off = tokens < SAME_KERNELS ? 0 : noise * normal() * Math.sqrt(tokens);
    return { tokens, finetuned: 0.05 + 3 * random(), gain: 1.2 * random() - 0.2, off };
  });
}

/** Everything captured, nothing scored; and the sums that scoring would give. */
function tableOf(rows: readonly Drawn[], configurations = 2): { table: RankTable; exact: Float64Array } {
  const exact = Float64Array.from(rows, ({ tokens, finetuned }) => tokens * finetuned);
  const nllCaptured = exact.map((nll, i) => nll + (rows[i]?.off ?? 0));
  const table: RankTable = {
    ids: rows.map((_, i) => `c/raw/${i}`),
    configurations: ["a/raw", "b/raw"].slice(0, configurations),
    configuration: Uint32Array.from(rows, (_, i) => i % configurations),
    tokens: Uint32Array.from(rows, ({ tokens }) => tokens),
    allTokens: Uint32Array.from(rows, ({ tokens }) => tokens),
    referenceTokens: Uint32Array.from(rows, ({ tokens }) => tokens),
    aligned: new Uint8Array(rows.length),
    bytes: Uint32Array.from(rows, ({ tokens }) => 4 * tokens),
    peak: Float64Array.from(rows, ({ gain }) => gain),
    peakFrom: new Uint32Array(rows.length),
    group: Uint32Array.from(rows, (_, i) => i),
    behaviours: [],
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

function rankTable(table: RankTable, settings: RankSettings): RankingDraft[] {
  return describeLists(table, orderTable(table, settings), settings, null);
}

function toRescore(table: RankTable): string[] {
  const lists = orderTable(table, PAPER).filter(({ only }) => only !== null);
  return idsToRescore(table, lists, PAPER);
}

function score(table: RankTable, exact: Float64Array, rows: Iterable<number>): void {
  for (const row of rows) {
    table.nllFinetuned[row] = exact[row] as number;
    table.captured[row] = 0;
  }
}

function rescoreAll(table: RankTable, exact: Float64Array): number {
  for (let scored = 0; ; ) {
    const ids = toRescore(table);
    if (ids.length === 0) return scored;
    score(
      table,
      exact,
      ids.map((id) => table.ids.indexOf(id)),
    );
    scored += ids.length;
  }
}

const drawnRun = fc.record({
  count: fc.integer({ min: 260, max: 1200 }),
  noise: fc.constantFrom(0, 0.003, 0.03, 0.3),
  seed: fc.integer({ min: 0, max: 0xffffffff }),
});

describe("rescoring captured completions", () => {
  it("ends with the top lists that scoring everything gives, in every configuration, pooled, by every statistic", () => {
    fc.assert(
      fc.property(drawnRun, ({ count, noise, seed }) => {
        const { table, exact } = tableOf(drawnRows(count, noise, seed));
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

  /** 100 tokens each, sums off by up to 0.1 nats; and a row near the end of its list that is captured as far too unlikely. */
  const withOutlier = (off: number) => {
    const row = 2 * 96;
    const rows = Array.from({ length: 1600 }, (_, i) => {
      const finetuned = 0.5 + ((i * 37) % 1600) / 1600;
      return { tokens: 100, finetuned, gain: 1 - i * 1e-4, off: 0.1 * Math.sin(i) };
    });
    rows[row] = { tokens: 100, finetuned: 0.7, gain: 1 - row * 1e-4, off };
    const { table, exact } = tableOf(rows);
    const id = table.ids[row] as string;
    const places = (): number[] => {
      const rankings = rankTable(table, { ...PAPER, statistics: ["logRatio"] });
      return rankings.map(({ top }) => top.findIndex((entry) => entry.id === id));
    };
    return { table, exact, id, places };
  };

  it("finds an outlier that neither the sample nor the list by captured values holds, and widens the margin by it", () => {
    const { table, exact, id, places } = withOutlier(0.18);
    expect(toRescore(table)).not.toContain(id);
    expect(places()[0]).toBe(-1);
    rescoreAll(table, exact);
    const { margin } = measureCaptured(table);
    expect(margin).toBeCloseTo(2 * 0.018, 6);
    const found = places();
    score(table, exact, table.ids.keys());
    expect(found).toEqual(places());
    expect(found[0]).toBe(96);
  });

  it("goes by experience: an outlier of more than twice all others is missed", () => {
    const { table, exact, places } = withOutlier(0.5);
    rescoreAll(table, exact);
    expect(measureCaptured(table).margin).toBeLessThanOrEqual(2 * 0.01);
    expect(places()[0]).toBe(-1);
    score(table, exact, table.ids.keys());
    expect(places()[0]).toBe(96);
  });

  it("settles no rank before every configuration of a ranking has its sample measured", () => {
    const rows = Array.from({ length: 400 }, (_, i) => ({ tokens: 50, finetuned: 1, gain: 1 - i / 400, off: 0 }));
    const { table, exact } = tableOf(rows);
    const settled = () => {
      const rankings = rankTable(table, { ...PAPER, statistics: ["logRatio"] });
      return rankings.map(({ captured }) => captured?.settled);
    };
    score(table, exact, [0, 1]);
    expect(measureCaptured(table)).toMatchObject({ measured: 2, margin: 0 });
    expect(settled()).toEqual([0, 0, 0]);
    const ofFirst = Array.from({ length: 63 }, (_, i) => 2 * i);
    score(table, exact, ofFirst);
    expect(settled()).toEqual([0, 0, 0]);
    score(table, exact, [126]);
    expect(settled()).toEqual([64, 0, 0]);
    score(
      table,
      exact,
      ofFirst.map((row) => row + 1),
    );
    expect(settled()).toEqual([64, 0, 0]);
    score(table, exact, [127]);
    expect(settled()).toEqual([64, 64, 128]);
  });

  it("is needed: the lists by captured values alone are others", () => {
    const rows = Array.from({ length: 400 }, (_, i) => {
      return {
        tokens: 50,
        finetuned: 1,
        gain: (i * 37) % 400 < 200 ? 0.5 : 0.501,
        off: (i % 4 < 2 ? 1 : -1) * 0.02 * Math.sqrt(50),
      };
    });
    const { table, exact } = tableOf(rows);
    const before = rankTable(table, PAPER).map(({ top }) => top.map(({ id }) => id));
    const count = rescoreAll(table, exact);
    const after = rankTable(table, PAPER).map(({ top }) => top.map(({ id }) => id));
    for (const [i, ids] of after.entries()) expect(ids).not.toEqual(before[i]);
    expect(count).toBeGreaterThan(200);
  });

  it("leaves out what cannot reach the list", () => {
    const rows = Array.from({ length: 2000 }, (_, i) => ({
      tokens: 50,
      finetuned: 1,
      gain: i / 400,
      off: 0.001 * Math.sqrt(50),
    }));
    const { table, exact } = tableOf(rows);
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
      ...Array.from({ length: 62 }, (_, i) => {
        const logprobs = [-2.5, -2.5, -2.5, -2.5];
        return row(3 + i, { captured: logprobs, finetuned: logprobs });
      }),
    ]);
    const { rankings } = await rankRun(directory, { ...PAPER, statistics: ["logRatio"] });
    expect(rankings[0]?.top.slice(0, 3).map(({ id, source }) => [id, source])).toEqual([
      ["a/raw/0", undefined],
      ["a/raw/1", undefined],
      ["a/raw/2", "captured"],
    ]);
    // Off by 0.1 over 4 tokens: 0.05 per root token, twice that allowed for. Row 2 could come 0.05 nats per token higher: above row 1.
    const { rms, largest, margin, ...counts } = rankings[0]?.captured ?? {};
    expect(counts).toEqual({ completions: 1, settled: 1, measured: 64 });
    expect([rms, largest, margin].map((value) => value?.toFixed(5))).toEqual(["0.00313", "0.02500", "0.10000"]);
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
