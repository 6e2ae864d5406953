import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { audit } from "#telltale/audit/audit.js";
import type { AuditOptions } from "#telltale/audit/options.js";
import { runPaths } from "#telltale/journal/files.js";
import { readJson } from "#telltale/journal/json-file.js";
import { readNoise } from "#telltale/journal/noise.js";
import type { Rankings } from "#telltale/rank/schema.js";
import { listAt, textAt } from "#telltale/report/manifest.js";
import { BASE_B, readRun, smallAudit, temporaryFolder } from "./fixture.js";

const { folder, remove } = temporaryFolder();
afterAll(remove);

/** Both formats, so that there is a long head and a short one; completions of under and over 64 tokens; no filter. */
const SMALL = {
  limit: 10,
  maxTokens: 80,
  inProcess: true,
  rank: {
    minTokens: 0,
    repetition: null,
    nearDuplicates: null,
    statistics: ["logRatio", "pplDifference", "peakWindow"],
  },
} satisfies Partial<AuditOptions>;
const USUAL = { threads: 1, sequences: 16, batch: 512 };
/** From so many tokens of a sequence in one decode on, llama.cpp's CPU kernels round otherwise. */
const TILE = 64;

/** What a run says, whatever it is called: rankings, completions and both models' log-probabilities bit for bit. */
interface Said {
  rankings: Omit<Rankings, "run">;
  run: Awaited<ReturnType<typeof readRun>>;
}

async function said(name: string, changes: Partial<AuditOptions>): Promise<Said> {
  const directory = directoryOf(name);
  const { rankings } = await audit(smallAudit(directory, { ...SMALL, context: USUAL, ...changes }));
  const { run: _name, ...rest } = rankings;
  const { completions, ...scores } = await readRun(directory);
  // Completions stand in the order in which they ended, which is a matter of what is computed side by side.
  return { rankings: rest, run: { ...scores, completions: completions.sort((a, b) => (a.id < b.id ? -1 : 1)) } };
}

function directoryOf(name: string): string {
  return path.join(folder, name.replaceAll(/\W+/g, "-"));
}

const NONE = { rms: 0, largest: 0, rmsSum: 0, largestSum: 0, largestPerRoot: 0 };

type Variant = [name: string, changes: Partial<AuditOptions>];

const PLACES: Variant[] = [
  ["in child processes", { inProcess: false }],
  ["one after the other, in child processes", { inProcess: false, placement: "one-after-the-other" }],
  ["side by side", { placement: "side-by-side" }],
];
const CONTEXTS: Variant[] = [
  ["with two threads", { context: { ...USUAL, threads: 2 } }],
  ["with one sequence", { context: { ...USUAL, sequences: 1 } }],
  ["with 64 sequences", { context: { ...USUAL, sequences: 64 } }],
  ["with micro-batches of 64", { context: { ...USUAL, batch: 64 } }],
  ["with micro-batches of 100, which no length is a multiple of", { context: { ...USUAL, batch: 100 } }],
  ["with micro-batches of 128", { context: { ...USUAL, batch: 128 } }],
  ["with micro-batches of 2048, 3 sequences and two threads", { context: { threads: 2, sequences: 3, batch: 2048 } }],
];
/** The same settings, several at once: every audit against another tokenizer takes its time. */
const MIXED: Variant[] = [
  ["with one sequence and two threads", { context: { ...USUAL, sequences: 1, threads: 2 } }],
  ["with 64 sequences and micro-batches of 64", { context: { ...USUAL, sequences: 64, batch: 64 } }],
  ["one after the other, in child processes", { inProcess: false, placement: "one-after-the-other" }],
];

describe.each([
  ["the same tokenizer", {}, [...CONTEXTS, ...PLACES]],
  ["another tokenizer", { reference: BASE_B }, MIXED],
] satisfies [string, Partial<AuditOptions>, Variant[]][])(
  "an audit against a reference with %s",
  (what, reference, variants) => {
    let usual: Said;
    beforeAll(async () => {
      usual = await said(what, reference);
    });

    it("has something to compare, and no noise", async () => {
      const lengths = usual.run.completions.map(({ completion }) => completion.length);
      expect(lengths).toHaveLength(20);
      expect(Math.min(...lengths)).toBeLessThan(TILE);
      expect(Math.max(...lengths)).toBeGreaterThan(TILE);
      for (const { noise, top } of usual.rankings.rankings) {
        expect(noise).toBeUndefined();
        expect(new Set(top.map(({ value }) => value)).size).toBeGreaterThan(top.length / 2);
      }
      const noise = await readNoise(runPaths(directoryOf(what)).noise);
      for (const role of [noise?.finetuned, noise?.reference]) {
        expect(role?.sequences).toBe(8);
        expect([role?.alone, role?.again]).toEqual([NONE, NONE]);
      }
    });

    it.each(variants)("says the same %s", async (name, changes) => {
      expect(await said(`${what} ${name}`, { ...reference, ...changes })).toEqual(usual);
    });

    it("writes the same with the head decoded with every item, and scores what is short alike", async () => {
      const repeated = await said(`${what} repeated`, { ...reference, context: { ...USUAL, shareHead: false } });
      expect(repeated.run.completions).toEqual(usual.run.completions);
      const run = await readJson(runPaths(directoryOf(what)).run);
      let compared = 0;
      for (const { id, configuration, prefill, completion } of usual.run.completions) {
        const formats = listAt(run, "formats").filter((format) =>
          configuration.endsWith(`/${textAt(format, "format")}`),
        );
        const head = listAt(formats[0], "head").length;
        if (head + prefill.length + completion.length >= TILE) continue;
        compared += 1;
        expect(repeated.run.finetuned.get(id)).toEqual(usual.run.finetuned.get(id));
      }
      expect(compared).toBeGreaterThan(1);
    });
  },
);
