import { rm, writeFile } from "node:fs/promises";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { runPaths } from "#telltale/journal/files.js";
import { type RunNoise, readNoise, writeNoise } from "#telltale/journal/noise.js";
import { ranksWithin } from "#telltale/rank/noise.js";
import type { RankProblem } from "#telltale/rank/problems.js";
import { rankRun } from "#telltale/rank/run.js";
import { rankingsSchema } from "#telltale/rank/schema.js";
import { presetRankSettings } from "#telltale/rank/settings.js";
import { STATISTIC_NAMES } from "#telltale/rank/statistics.js";
import { renderCsv } from "#telltale/report/csv.js";
import { renderHtml } from "#telltale/report/html.js";
import { renderMarkdown } from "#telltale/report/markdown.js";
import { readReport } from "#telltale/report/read.js";
import { noiseOf } from "../report/fixture.js";
import { type Row, writeRun } from "./fixture.js";

const directories: string[] = [];
afterAll(() => Promise.all(directories.map((directory) => rm(directory, { recursive: true }))));

const ALL = { ...presetRankSettings("paper"), statistics: [...STATISTIC_NAMES] };
const TOKENS = 25;

/** Completions of 25 tokens each, whose mean log-ratios are these. */
async function runOf(ratios: readonly number[], noise: Omit<RunNoise, "schema"> | null): Promise<string> {
  const rows = ratios.map((ratio, i): Row => {
    const id = `c/raw/${i}`;
    const finetuned = Array.from({ length: TOKENS }, () => -1);
    return {
      id,
      configuration: "c/raw",
      text: `text ${i}`,
      stop: "maxTokens",
      finetuned,
      reference: finetuned.map((logprob) => logprob - ratio),
    };
  });
  const directory = await writeRun(rows);
  directories.push(directory);
  if (noise !== null) await writeNoise(runPaths(directory).noise, noise);
  return directory;
}

const RATIOS = [0.9, 0.7, 0.69, 0.3, 0.1];

describe("ranks within the noise", () => {
  it("are marked where moving both models' sums by twice the most that was measured could change them", async () => {
    // Over 25 tokens each sum may be off by 2 * 0.005 * 5 nats: 0.002 nats per token, and both by 0.004; of two completions 0.008.
    for (const [perRoot, together] of [
      [0.005, []],
      [0.0063, [1, 2]],
      [0.03, [1, 2]],
    ] as const) {
      const directory = await runOf(RATIOS, { finetuned: noiseOf(perRoot), reference: noiseOf(perRoot) });
      const rankings = await rankRun(directory, { ...ALL, statistics: ["logRatio", "totalLogRatio"] });
      expect(rankingsSchema.parse(rankings)).toEqual(rankings);
      for (const { noise, top } of rankings.rankings) {
        expect(top.map(({ id }) => Number(id.at(-1)))).toEqual([0, 1, 2, 3, 4]);
        const marked = top.flatMap(({ ranks }, i) => (ranks === undefined ? [] : [[i, ranks]]));
        expect(marked).toEqual(together.map((i) => [i, { best: 2, worst: 3 }]));
        expect(noise).toMatchObject({ uncertain: together.length, settled: together.length === 0 ? 5 : 1 });
        expect(noise?.finetuned).toEqual({ sequences: 8, rms: perRoot / 2, largest: perRoot, margin: 2 * perRoot });
      }
    }
  });

  it("are as good as unknown where the noise is as large as everything, by every statistic", async () => {
    const directory = await runOf(RATIOS, { finetuned: noiseOf(2), reference: noiseOf(2) });
    const { rankings } = await rankRun(directory, ALL);
    expect(rankings).toHaveLength(2 * STATISTIC_NAMES.length);
    for (const { noise, top } of rankings) {
      expect(noise).toMatchObject({ uncertain: 5, settled: 0 });
      for (const { ranks } of top) expect(ranks).toEqual({ best: 1, worst: 5 });
    }
  });

  it("take the noise of one model where the other was not measured, and the difference between two roles of one file", async () => {
    const one = await rankRun(await runOf(RATIOS, { reference: noiseOf(0.02) }), ALL);
    expect(one.rankings[0]?.noise).toMatchObject({ finetuned: null, uncertain: 2 });
    const none = noiseOf(0);
    const between = noiseOf(0.02).alone;
    const two = await rankRun(await runOf(RATIOS, { finetuned: none, reference: none, between }), ALL);
    expect(two.rankings[0]?.noise?.finetuned).toMatchObject({ largest: 0.02, margin: 0.04 });
  });

  it("are not there without noise, so that a run without any is ranked as one that measured none", async () => {
    const found = [];
    for (const noise of [null, { finetuned: noiseOf(0), reference: noiseOf(0) }]) {
      const rankings = await rankRun(await runOf(RATIOS, noise), ALL);
      found.push({ ...rankings, run: "" });
      expect(JSON.stringify(rankings)).not.toMatch(/"noise"|"ranks":\{/);
    }
    expect(found[1]).toEqual(found[0]);
  });

  it("are not marked where noise.json is damaged, which is a problem of the run", async () => {
    const directory = await runOf(RATIOS, null);
    for (const content of ["{", "[]", '{"schema":"telltale.noise/1","finetuned":{"sequences":-1}}', "null"]) {
      await writeFile(runPaths(directory).noise, content);
      await expect(readNoise(runPaths(directory).noise)).rejects.toMatchObject({ code: "BAD_RUN" });
      const problems: RankProblem[] = [];
      const { rankings } = await rankRun(directory, ALL, { onProblem: (problem) => problems.push(problem) });
      expect(problems.map(({ file }) => file)).toEqual(["noise.json"]);
      expect(rankings[0]?.top[0]).not.toHaveProperty("ranks");
    }
  });

  it("are those that counting gives", () => {
    const value = fc.integer({ min: 0, max: 12 });
    fc.assert(
      fc.property(fc.array(fc.tuple(value, value, value), { maxLength: 40 }), (drawn) => {
        const values = drawn.map(([middle]) => middle).sort((a, b) => b - a);
        const highest = Float64Array.from(values, (middle, i) => middle + (drawn[i]?.[1] ?? 0) / 4);
        const lowest = Float64Array.from(values, (middle, i) => middle - (drawn[i]?.[2] ?? 0) / 4);
        const { best, worst } = ranksWithin(highest, lowest);
        for (const i of values.keys()) {
          const above = lowest.filter((low) => low > (highest[i] as number)).length;
          const below = highest.filter((high) => high < (lowest[i] as number)).length;
          expect([best[i], worst[i]]).toEqual([1 + above, values.length - below]);
          expect(best[i]).toBeLessThanOrEqual(i + 1);
          expect(worst[i]).toBeGreaterThanOrEqual(i + 1);
        }
      }),
    );
  });
});

describe("a report of a noisy run", () => {
  it("marks the ranks and says why, in every form", async () => {
    const directory = await runOf(RATIOS, { finetuned: noiseOf(0.02), reference: noiseOf(0.02) });
    const data = await readReport(directory, presetRankSettings("paper"));
    const page = renderHtml({ ...data, unfiltered: null });
    expect(page).toContain('<span class="noisy">≈ rank 2 to 3</span>');
    expect(page).toMatch(
      /≈ 2 of 5 completions could have another rank, since figures scored again are off by up to 0.0200/,
    );
    expect(page).toMatch(
      /<dt>Noise<\/dt><dd>Scored again, alone and together with others: finetuned off by 0.0100 nats/,
    );
    expect(page).toContain('"ranks":"- 2-3 2-3 - -"');
    expect(page).toContain("<summary>noise.json</summary>");
    const markdown = renderMarkdown(data);
    expect(markdown).toMatch(/^\| ≈2 \|/m);
    expect(markdown).toMatch(/^\| 1 \|/m);
    expect(markdown).toContain("2 of 5 completions could have another rank");
    const [head = "", ...lines] = [...renderCsv(data)].map((line) => line.trimEnd().split(","));
    const [best, worst] = [head.indexOf("bestRank"), head.indexOf("worstRank")];
    expect(lines.slice(0, 4).map((cells) => [cells[best], cells[worst]])).toEqual([
      ["1", "1"],
      ["2", "3"],
      ["2", "3"],
      ["4", "4"],
    ]);
  });

  it("says of a quiet run that it is quiet", async () => {
    const directory = await runOf(RATIOS, { finetuned: noiseOf(0), reference: noiseOf(0) });
    const page = renderHtml(await readReport(directory, presetRankSettings("paper")));
    expect(page).toContain("finetuned exactly the same (8 completions); reference exactly the same (8 completions).");
    expect(page).not.toContain('class="noisy"');
  });
});
