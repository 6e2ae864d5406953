import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { adapted, moreWork } from "#telltale/bench/adapt.js";
import { suggestedFlags } from "#telltale/bench/flags.js";
import { sharesOf } from "#telltale/bench/jobs.js";
import { madeUpTokens, ordinaryTokens } from "#telltale/bench/made-up.js";
import { type BenchOptions, resolveBenchOptions } from "#telltale/bench/options.js";
import { comparisonPlans, generationPlans, pointCount, scoringPlans } from "#telltale/bench/points.js";
import { lackOfMemory } from "#telltale/bench/room.js";
import { benchJsonSchema } from "#telltale/bench/schema.js";
import { estimateAudit, suggestBatch, suggestSequences } from "#telltale/bench/suggest.js";
import { checkModelFile } from "#telltale/engine/gguf/check.js";
import type { Machine } from "#telltale/engine/memory-budget.js";
import { openNativeEngines } from "#telltale/engine/native/engine.js";
import { MODELS } from "../engine/models.js";

const point = (sequences: number, batch: number, completionsPerMinute: number) => ({
  sequences,
  batch,
  completionsPerMinute,
});

describe("adapting the work", () => {
  it("fills the time on a machine of any speed, in a few runs", async () => {
    const machine = fc.record({
      unit: fc.double({ min: 1e-6, max: 30, noNaN: true }),
      fixed: fc.double({ min: 0, max: 1, noNaN: true }),
      wanted: fc.double({ min: 0.05, max: 60, noNaN: true }),
    });
    await fc.assert(
      fc.asyncProperty(machine, async ({ unit, fixed, wanted }) => {
        const runs: number[] = [];
        const most = 1e9;
        const last = await adapted(wanted, { first: 4, most }, async (units) => {
          runs.push(units);
          return { units, seconds: fixed + unit * units };
        });
        expect(last.units).toBe(runs.at(-1));
        expect(last.seconds).toBeGreaterThanOrEqual(0.6 * wanted);
        expect(last.seconds).toBeLessThanOrEqual(Math.max(wanted + 2 * unit, fixed + 4 * unit) * (1 + 1e-9));
        expect(runs.length).toBeLessThanOrEqual(12);
      }),
    );
  });

  it("never asks for more than the most, and says when that is reached", () => {
    expect(moreWork(10, 0, 5, 50)).toBe(50);
    expect(moreWork(50, 0, 5, 50)).toBeUndefined();
    expect(moreWork(10, 4, 5, 50)).toBeUndefined();
    expect(moreWork(10, 2.5, 5, 50)).toBe(20);
  });
});

describe("the suggestion", () => {
  const generated = [point(1, 512, 10), point(16, 512, 97.1), point(64, 512, 100), point(128, 512, 96)];

  it("is the smallest within 3 percent of the best, not the best", () => {
    expect(suggestSequences(generated)).toBe(16);
    expect(suggestSequences(generated.filter(({ sequences }) => sequences !== 16))).toBe(64);
  });

  it("takes no batch that has less room than sequences were chosen", () => {
    const scored = [point(16, 64, 100), point(16, 128, 98), point(16, 256, 90)];
    expect(suggestBatch(scored, 16)).toBe(64);
    expect(suggestBatch(scored, 65)).toBe(128);
    expect(suggestBatch(scored, 200)).toBe(256);
  });

  it("comes with the time of an audit: generated once, scored under both models", () => {
    const assumed = estimateAudit(1000, point(1, 1, 100), point(1, 1, 500));
    expect(assumed).toMatchObject({ generateSeconds: 600, scoreFinetunedSeconds: 120, scoreReferenceSeconds: 120 });
    expect(assumed).toMatchObject({ seconds: 840, referenceMeasured: false });
    const measured = estimateAudit(1000, point(1, 1, 100), point(1, 1, 500), point(1, 1, 250));
    expect(measured).toMatchObject({ scoreReferenceSeconds: 240, seconds: 960, referenceMeasured: true });
  });

  it("has every engine option that was given among its flags", async () => {
    const flags = async (given: Omit<BenchOptions, "model">) =>
      suggestedFlags(
        { sequences: 64, batch: 256, threads: 4 },
        await resolveBenchOptions({ model: "m.gguf", ...given }),
      );
    expect(await flags({})).toBe("--sequences 64 --batch 256 --threads 4");
    const gpu = { gpu: "cuda", gpuLayers: 0, devices: ["CUDA1", "CUDA0"], tensorSplit: [3, 1.5] } as const;
    expect(await flags({ loading: { ...gpu, devices: [...gpu.devices], tensorSplit: [...gpu.tensorSplit] } })).toBe(
      "--gpu cuda --gpu-layers 0 --device CUDA1,CUDA0 --tensor-split 3,1.5 --sequences 64 --batch 256 --threads 4",
    );
    const loading = { mmap: false, checkTensors: true };
    const context = { kvType: "q8_0", flashAttention: "off" } as const;
    expect(await flags({ loading, context, inProcess: true })).toMatch(
      / --threads 4 --kv-type q8_0 --flash-attention off --no-mmap --check-tensors --in-process$/,
    );
  });
});

describe("the points", () => {
  it("go up to 128 sequences on a CPU and 256 on a GPU, unless the micro-batch or the options want fewer", async () => {
    const most = async (given: Omit<BenchOptions, "model">) =>
      (await resolveBenchOptions({ model: "m.gguf", ...given })).mostSequences;
    expect(await most({})).toBe(128);
    expect(await most({ loading: { gpu: "cuda" } })).toBe(256);
    expect(await most({ loading: { gpu: "cuda" }, mostBatch: 200 })).toBe(200);
    expect(await most({ loading: { gpu: "cuda" }, mostSequences: 16 })).toBe(16);
    await expect(most({ mostSequences: 65, mostBatch: 64 })).rejects.toMatchObject({ code: "BAD_ARGUMENT" });
  });

  it("go up to the most that is wanted, and never have more sequences than a batch has room for", () => {
    const sequencesOf = (most: { mostSequences: number; mostBatch: number }) =>
      generationPlans(most).map(({ sequences }) => sequences);
    expect(sequencesOf({ mostSequences: 128, mostBatch: 1024 })).toEqual([1, 4, 16, 32, 64, 128]);
    expect(sequencesOf({ mostSequences: 48, mostBatch: 1024 })).toEqual([1, 4, 16, 32, 48]);
    expect(scoringPlans({ mostSequences: 4, mostBatch: 300 }, 4).map(({ batch }) => batch)).toEqual([
      64, 128, 256, 300,
    ]);
    const most = fc.integer({ min: 1, max: 256 }).chain((mostSequences) =>
      fc.record({
        mostSequences: fc.constant(mostSequences),
        mostBatch: fc.integer({ min: mostSequences, max: 9000 }),
      }),
    );
    fc.assert(
      fc.property(most, fc.boolean(), fc.boolean(), (wanted, canShare, hasReference) => {
        const first = generationPlans(wanted);
        const plans = [...first, ...scoringPlans(wanted, wanted.mostSequences)];
        for (const { sequences, batch } of plans) expect(batch).toBeGreaterThanOrEqual(sequences);
        for (const { batch } of plans) expect(batch).toBeLessThanOrEqual(Math.max(wanted.mostBatch, 0));
        const compared = comparisonPlans(wanted, { sequences: 1, batch: 64 }, canShare, hasReference);
        for (const { kind, batch } of compared) expect(batch).toBe(kind === "generate" ? first[0]?.batch : 64);
        expect(compared.some(({ head }) => head === "shared")).toBe(canShare);
        expect(compared.some(({ model }) => model === "reference")).toBe(hasReference);
        expect(pointCount(wanted, canShare, hasReference)).toBe(plans.length + compared.length);
      }),
    );
  });

  it("that do not fit in memory are told apart by their size", async () => {
    const header = await checkModelFile(MODELS.base);
    const need = { contextSequence: 127, gpuLayers: -1, mmap: true };
    const machine = (free: number): Machine => ({ cores: { available: 2, physical: 2 }, host: { free, total: 1e12 } });
    const lackOn = (there: Machine, sequences: number) =>
      lackOfMemory(header, { sequences, batch: 512 }, there, "f16", need);
    const lack = (sequences: number, free: number) => lackOn(machine(free), sequences);
    expect(lack(1, 1e9)).toBeUndefined();
    expect(lack(1, 1e6)).toMatch(/^It needs about 0\.1 GB of memory, more than 90 % of the 0\.0 GB that are free\.$/);
    const device = { free: 1e6, total: 1e12, unified: false, names: ["CUDA0", "CUDA1"] };
    expect(lackOn({ ...machine(1e9), device }, 1)).toMatch(
      /^It needs about 0\.1 GB on CUDA0 \+ CUDA1 and 0\.0 GB of main memory, and may take 90 % of the 0\.0 GB and 1\.0 GB/,
    );
    expect(lackOn({ ...machine(1e6), device: { ...device, free: 1e9, unified: true } }, 1)).toBeUndefined();
    const enough = [1, 64, 256].map((sequences) => {
      let free = 1e6;
      while (lack(sequences, free) !== undefined) free *= 1.01;
      return free;
    });
    expect(enough).toEqual([...enough].sort((a, b) => a - b));
    expect(enough[2]).toBeGreaterThan((enough[0] as number) * 1.05);
  });
});

describe("made-up text", () => {
  it("is of ordinary tokens only, and the same for a seed", async () => {
    const [engine] = await openNativeEngines({ path: MODELS.base }, [{ threads: 1, sequences: 1, batch: 64 }]);
    if (engine === undefined) throw new Error("no engine");
    const { bos, eos, vocabularySize } = engine.facts.model;
    const ordinary = ordinaryTokens(await engine.vocabulary(), MODELS.base);
    await engine.close();
    expect(ordinary.length).toBeGreaterThan(vocabularySize / 2);
    expect(ordinary.length).toBeLessThan(vocabularySize);
    for (const special of [bos, eos]) expect(ordinary).not.toContain(special);
    const [once, again, other] = [7, 7, 8].map((seed) => madeUpTokens(ordinary, seed)(1000));
    expect(once).toEqual(again);
    expect(once).not.toEqual(other);
    const known = new Set(ordinary);
    expect(once?.every((token) => known.has(token))).toBe(true);
    expect(new Set(once).size).toBeGreaterThan(500);
  });

  it("cannot be had of a vocabulary without ordinary tokens", () => {
    const attributes = Int32Array.of(1, 8, 32, 4 | 8);
    expect(() => ordinaryTokens({ attributes }, "m.gguf")).toThrow(/m\.gguf has no ordinary tokens/);
    expect(ordinaryTokens({ attributes: Int32Array.of(8, 4, 4 | 128) }, "m.gguf")).toEqual(Int32Array.of(1, 2));
  });
});

describe("shares of a job's time", () => {
  it("are of the whole, the rest being JavaScript's, and sum to 1 however clocks differ", () => {
    const work = { decodeSeconds: 6, logSoftmaxSeconds: 1, samplingSeconds: 0.5, copySeconds: 0.5, bytesRead: 9 };
    const shares = { decode: 0.6, logSoftmax: 0.1, sampling: 0.05, copies: 0.05, javascript: 0.2 };
    for (const [name, share] of Object.entries(sharesOf({ seconds: 10, work }))) {
      expect(share).toBeCloseTo(shares[name as keyof typeof shares], 12);
    }
    const late = Object.values(sharesOf({ seconds: 7.9, work }));
    expect(late.reduce((sum, share) => sum + share)).toBeCloseTo(1, 12);
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
  });
});

describe("the schema", () => {
  it("is published: schemas/bench.schema.json is what benchJsonSchema() gives", async () => {
    const published = await readFile(new URL("../../schemas/bench.schema.json", import.meta.url), "utf8");
    expect(published).toBe(benchJsonSchema());
  });
});
