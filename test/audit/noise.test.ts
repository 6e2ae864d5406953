import { readFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { audit } from "#telltale/audit/audit.js";
import { chooseCanary } from "#telltale/audit/canary.js";
import { noiseDifference } from "#telltale/audit/canary-difference.js";
import { noiseNotes } from "#telltale/audit/noise-notes.js";
import type { AuditOptions } from "#telltale/audit/options.js";
import { runPaths } from "#telltale/journal/files.js";
import { type RunNoise, readNoise } from "#telltale/journal/noise.js";
import type { CompletionRecord } from "#telltale/journal/records.js";
import { randomNumbers } from "#telltale/prefill/shuffle.js";
import { rankRun } from "#telltale/rank/run.js";
import type { Rankings } from "#telltale/rank/schema.js";
import { presetRankSettings } from "#telltale/rank/settings.js";
import { type ForeignModel, openForeignModel } from "../engine/remote/foreign-model.js";
import { startForeignServer } from "../engine/remote/foreign-server.js";
import { BASE_A, ORGANISM_A, readRun, smallAudit, temporaryFolder } from "./fixture.js";

const { folder, remove } = temporaryFolder();
let model: ForeignModel;
beforeAll(async () => {
  model = await openForeignModel(BASE_A);
});
afterAll(async () => {
  await model.close();
  remove();
});

const UNFILTERED = { minTokens: 0, repetition: null, nearDuplicates: null };

interface Audited {
  directory: string;
  rankings: Rankings;
  noise: RunNoise;
  /** Notes about noise. */
  notes: string[];
}

async function audited(name: string, changes: Partial<AuditOptions>): Promise<Audited> {
  const directory = path.join(folder, name);
  const notes: string[] = [];
  const options = smallAudit(directory, { limit: 30, formats: ["raw"], rank: UNFILTERED, ...changes });
  const { rankings } = await audit(options, {
    onEvent: (event) => event.type === "note" && event.message.includes("≈") && notes.push(event.message),
  });
  const noise = await readNoise(runPaths(directory).noise);
  if (noise === null) throw new Error("a run measures its noise");
  return { directory, rankings, noise, notes };
}

/** The same audit against a server whose figures are off by `deviation` nats a token, normally distributed, anew each time. */
async function auditedAgainst(deviation: number, changes: Partial<AuditOptions> = {}): Promise<Audited> {
  const random = randomNumbers(7);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const alterScores = (values: (number | null)[]): (number | null)[] =>
    values.map((value) => (value === null ? null : Math.min(0, value + deviation * normal())));
  const server = await startForeignServer({ model, alterScores });
  try {
    const models = { reference: server.url, referenceTokenizer: BASE_A };
    return await audited(`noise-${deviation}-${Object.keys(changes).join("-")}`, { ...models, ...changes });
  } finally {
    await server.close();
  }
}

describe("the noise of a run", () => {
  it("is none on the CPU, of both models and of one file in both roles, and marks nothing", async () => {
    const { noise, notes, rankings } = await audited("itself", { finetuned: ORGANISM_A, reference: ORGANISM_A });
    const none = { rms: 0, largest: 0, rmsSum: 0, largestSum: 0, largestPerRoot: 0 };
    for (const role of [noise.finetuned, noise.reference]) {
      expect(role).toMatchObject({ sequences: 8, alone: none, again: none });
      expect(role?.tokens).toBeGreaterThan(8 * 10);
    }
    expect(noise.between).toEqual(none);
    expect(notes).toEqual([]);
    expect(JSON.stringify(rankings)).not.toMatch(/"noise"|"ranks":\{/);
  });

  it("is measured of a server that answers otherwise each time, and marks the ranks that it could have changed", async () => {
    const deviation = 0.028;
    const { directory, noise, notes, rankings } = await auditedAgainst(deviation);
    expect(noise.finetuned?.alone.largest).toBe(0);
    for (const { rms, largest, largestPerRoot } of [noise.reference?.alone, noise.reference?.again].flatMap(
      (difference) => difference ?? [],
    )) {
      // Both of what is compared are off: the root of 2 times a deviation.
      expect(rms / (Math.SQRT2 * deviation)).toBeGreaterThan(0.7);
      expect(rms / (Math.SQRT2 * deviation)).toBeLessThan(1.3);
      expect(largest).toBeGreaterThan(rms);
      expect(largestPerRoot).toBeGreaterThan(rms / 3);
    }
    expect(notes).toEqual([]);
    const quiet = await audited("quiet", {});
    const order = ({ rankings: lists }: Rankings): string[] => lists[0]?.top.map(({ id }) => id) ?? [];
    const top = rankings.rankings[0]?.top ?? [];
    expect(order(quiet.rankings)).toHaveLength(top.length);
    expect(top.some(({ ranks }) => ranks !== undefined)).toBe(true);
    // Without noise every completion stands where the marks said it might.
    for (const [i, id] of order(quiet.rankings).entries()) {
      const entry = top.find((other) => other.id === id);
      expect(i + 1).toBeGreaterThanOrEqual(entry?.ranks?.best ?? entry?.rank ?? Number.NaN);
      expect(i + 1).toBeLessThanOrEqual(entry?.ranks?.worst ?? entry?.rank ?? Number.NaN);
    }
    const again = await rankRun(directory, { ...presetRankSettings("default"), ...UNFILTERED });
    expect(again.rankings).toEqual(rankings.rankings);
    expect(JSON.parse(await readFile(runPaths(directory).summary, "utf8")).rankings).toEqual(rankings);
  });

  it("is said where it is large", async () => {
    const { notes, noise } = await auditedAgainst(0.1, { limit: 8 });
    expect(noise.reference?.again.rms).toBeGreaterThan(0.05);
    expect(notes).toHaveLength(1);
    expect(notes[0]).toMatch(/^The reference is noisy: .* differ by 0\.1\d\d nats a token/);
  });

  it("is known of every model whose first wave is scored, of no other", async () => {
    const directory = path.join(folder, "stopped");
    const stop = new AbortController();
    const running = audit(smallAudit(directory, { limit: 12, maxTokens: 20 }), {
      signal: stop.signal,
      onEvent: (event) => event.type === "step" && event.step === "score reference" && stop.abort(),
    });
    await expect(running).rejects.toMatchObject({ code: "CANCELLED" });
    const noise = await readNoise(runPaths(directory).noise);
    expect(noise?.finetuned?.sequences).toBe(8);
    expect(noise?.reference).toBeUndefined();
    expect((await readRun(directory)).reference.size).toBe(0);
  });

  it("is not measured of a finetuned model that is not asked to score", async () => {
    const server = await startForeignServer({ model });
    try {
      const served = { finetuned: server.url, finetunedTokenizer: BASE_A, finetunedScores: "captured" as const };
      const { noise } = await audited("captured", { ...served, reference: ORGANISM_A, limit: 8 });
      expect(noise.finetuned).toBeUndefined();
      expect(noise.reference?.sequences).toBe(8);
    } finally {
      await server.close();
    }
  });
});

describe("noiseNotes", () => {
  const difference = (largest: number) => ({
    rms: largest / 2,
    largest,
    rmsSum: largest,
    largestSum: largest,
    largestPerRoot: largest,
  });
  const noise = (largest: number) => ({
    sequences: 8,
    tokens: 100,
    alone: difference(0),
    again: difference(largest),
  });

  it("tell of any on the CPU, and elsewhere of much only", () => {
    const onCpu = /^The finetuned model runs on the CPU, .* differ by 0.0010+ nats a token .*, 0.0020+ at most/;
    expect(noiseNotes("finetuned", true, noise(0.002), null)).toEqual([expect.stringMatching(onCpu)]);
    expect(noiseNotes("finetuned", true, noise(0), difference(0.002))).toEqual([expect.stringMatching(onCpu)]);
    expect(noiseNotes("finetuned", true, noise(0), difference(0))).toEqual([]);
    expect(noiseNotes("reference", false, noise(0.09), null)).toEqual([]);
    expect(noiseNotes("reference", false, noise(0.2), null)).toEqual([
      expect.stringMatching(/^The reference is noisy: .* 0.100 nats/),
    ]);
  });
});

describe("noiseDifference", () => {
  const scores = (...entries: [string, number[]][]) =>
    new Map(entries.map(([id, values]) => [id, Float32Array.from(values)]));

  it("gives the root mean square and the largest of tokens and of sums", () => {
    const one = scores(["a", [-1, -2, -3, -4]], ["b", [-1]]);
    const other = scores(["b", [-1]], ["a", [-1.5, -2, -2.75, -4]]);
    const difference = noiseDifference(one, other);
    expect(difference?.rms).toBeCloseTo(Math.sqrt((0.25 + 0.0625) / 5), 12);
    expect(difference?.largest).toBe(0.5);
    expect(difference?.rmsSum).toBeCloseTo(0.25 / Math.SQRT2, 12);
    expect(difference?.largestSum).toBe(0.25);
    expect(difference?.largestPerRoot).toBe(0.125);
  });

  it("leaves out what was scored once, in other numbers of tokens, or without a finite figure", () => {
    const one = scores(["a", [-1]], ["b", [-1, -2]], ["c", [Number.NEGATIVE_INFINITY]], ["d", [-1]]);
    const other = scores(["b", [-1]], ["c", [Number.NEGATIVE_INFINITY]], ["d", [-2]], ["e", [-1]]);
    expect(noiseDifference(one, other)).toMatchObject({ rms: 1, largestSum: 1 });
    expect(noiseDifference(one, scores(["z", [-1]]))).toBeNull();
    expect(noiseDifference(new Map(), new Map())).toBeNull();
  });
});

describe("chooseCanary", () => {
  const record = (id: string, length: number): CompletionRecord => ({
    id,
    configuration: "c/raw",
    prefill: [1],
    completion: Array.from({ length }, () => 1),
    stop: "maxTokens",
    bytes: length,
    prefillText: "",
    completionText: "",
  });

  it("takes eight from the shortest to the longest, whatever their order", () => {
    const records = Array.from({ length: 100 }, (_, i) => record(`r${i}`, 1 + ((i * 37) % 100)));
    const lengths = chooseCanary(records).map(({ completion }) => completion.length);
    expect(lengths).toHaveLength(8);
    expect([lengths[0], lengths.at(-1)]).toEqual([1, 100]);
    expect(chooseCanary([...records].reverse())).toEqual(chooseCanary(records));
  });

  it("takes what there is where there are fewer", () => {
    expect(chooseCanary([record("b", 2), record("a", 2)]).map(({ id }) => id)).toEqual(["a", "b"]);
    expect(chooseCanary([record("a", 1)])).toHaveLength(1);
    expect(chooseCanary([])).toEqual([]);
  });
});
