import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { JobProgress, LocalEngine } from "#telltale/engine/engine.js";
import { openNativeEngines } from "#telltale/engine/native/engine.js";
import type { ContextOptions } from "#telltale/engine/options.js";
import { temporaryFolder } from "../../audit/fixture.js";
import { writeGguf } from "../../fixtures/gguf-writer.js";
import { mambaModelWithNorm } from "../../fixtures/mamba-model.js";
import { generated, itemsOf, MODELS, NO_HEAD, prefillsOf, rejection, SMALL, scored, tokensOf } from "../models.js";

// Lengths on both sides of what llama.cpp treats apart: 1 token, the attention tile of 64, the micro-batch.
const SHAPES = [
  [1, 1],
  [1, 2],
  [3, 1],
  [2, 5],
  [5, 12],
  [3, 40],
  [20, 60],
  [60, 64],
  [40, 150],
] as const;

const BOTH = ["host", "device"] as const;

async function withReductions<T>(
  context: ContextOptions,
  use: (host: LocalEngine, device: LocalEngine) => Promise<T>,
  model = MODELS.base,
): Promise<T> {
  const contexts = BOTH.map((reduction) => ({ ...SMALL, contextSequence: 512, reduction, ...context }));
  const engines = (await openNativeEngines({ path: model }, contexts)) as [LocalEngine, LocalEngine];
  try {
    expect(engines.map(({ facts }) => facts.context.reduction)).toEqual(BOTH);
    return await use(...engines);
  } finally {
    for (const engine of engines) await engine.close();
  }
}

/** The largest difference of two lists of log-probabilities of equal lengths. */
function distance(a: readonly Float32Array[], b: readonly Float32Array[]): number {
  expect(a.map((list) => list.length)).toEqual(b.map((list) => list.length));
  return Math.max(...a.flatMap((list, i) => Array.from(list, (x, j) => Math.abs(x - (b[i]?.[j] as number)))));
}

describe.each([0, 20, 270])("after a head of %i tokens", (nHead) => {
  it.each([{ sequences: 1 }, { sequences: 8 }, { sequences: 64, batch: 64 }])(
    "log-probabilities are the host's: %o",
    async (layout) => {
      await withReductions(layout, async (host, device) => {
        const tokens = await tokensOf(host, 400);
        const request = { head: tokens.slice(0, nHead), items: itemsOf(tokens, SHAPES) };
        expect(distance(await scored(device, request), await scored(host, request))).toBeLessThan(5e-6);
      });
    },
  );
});

describe("the same tokens as on the host", () => {
  it.each([
    ["greedily", undefined, 1],
    ["at temperature 1", { temperature: 1, seed: 3 }, 1],
    ["several samples of a prefill", { temperature: 0.7, seed: 4 }, 5],
    ["through filters, which the device leaves to the host", { temperature: 0.9, topK: 20, seed: 5 }, 2],
  ])("%s", async (_, sampling, samples) => {
    await withReductions({ sequences: 8 }, async (host, device) => {
      const tokens = await tokensOf(host, 60);
      const request = {
        head: tokens.slice(0, 9),
        prefills: prefillsOf(tokens, 12),
        maxTokens: 16,
        samples,
        ...(sampling && { sampling }),
      };
      const [of, expected] = [await generated(device, request), await generated(host, request)];
      expect(of.map(({ tokens }) => tokens)).toEqual(expected.map(({ tokens }) => tokens));
      const logprobs = [of, expected].map((all) => all.map((completion) => completion.logprobs));
      expect(distance(logprobs[0] ?? [], logprobs[1] ?? [])).toBeLessThan(5e-6);
    });
  });
});

it("takes no result of another kind of work for its own, though the batches are laid out alike", async () => {
  await withReductions({ sequences: 8 }, async (host, device) => {
    const tokens = await tokensOf(host, 30);
    const prefills = Array.from({ length: 8 }, (_, i) => tokens.slice(i, i + 1));
    const requests = [undefined, { temperature: 1, seed: 1 }, { temperature: 3, seed: 1 }, { topK: 3 }].map(
      (sampling) => ({
        prefills,
        head: NO_HEAD,
        maxTokens: 1,
        ...(sampling && { sampling }),
      }),
    );
    for (const request of [...requests, ...requests.reverse()]) {
      const [of, expected] = [await generated(device, request), await generated(host, request)];
      expect(of.map(({ tokens }) => tokens)).toEqual(expected.map(({ tokens }) => tokens));
      const items = {
        head: NO_HEAD,
        items: of.map(({ tokens }, i) => ({ context: prefills[i] ?? NO_HEAD, targets: tokens })),
      };
      expect(distance(await scored(device, items), await scored(host, items))).toBeLessThan(5e-6);
    }
  });
});

it("reads 8 bytes for a log-probability and 12 for a chosen token", async () => {
  await withReductions({ sequences: 8 }, async (host, device) => {
    const tokens = await tokensOf(host, 200);
    const items = itemsOf(tokens, SHAPES);
    const targets = items.reduce((sum, item) => sum + item.targets.length, 0);
    const bytes: number[] = [];
    for (const engine of [host, device]) {
      let last: JobProgress | undefined;
      const onProgress = (progress: JobProgress) => {
        last = progress;
      };
      for await (const _ of engine.score({ head: NO_HEAD, items }, { onProgress }));
      bytes.push(last?.work.bytesRead ?? 0);
      const generate = { head: NO_HEAD, prefills: prefillsOf(tokens, 4), maxTokens: 3, sampling: { seed: 1 } };
      for await (const _ of engine.generate({ ...generate, samples: 2 }, { onProgress }));
      bytes.push(last?.work.bytesRead ?? 0);
      expect(last?.tokensDone).toBeLessThanOrEqual(24);
    }
    const row = 4 * host.facts.model.vocabularySize;
    // An output alone in its batch gets a second one.
    expect(bytes[0]).toBeGreaterThanOrEqual(row * targets);
    expect(bytes[2]).toBeGreaterThanOrEqual(8 * targets);
    expect(bytes[2]).toBeLessThanOrEqual(8 * (targets + items.length));
    expect(bytes[3]).toBeGreaterThan(0);
    expect(bytes[3]).toBeLessThanOrEqual(12 * 32);
  });
});

it("stays on the host, and says why, where the device does not prove itself", async () => {
  const [engine] = (await openNativeEngines({ path: MODELS.base }, [
    { ...SMALL, reduction: "device", reductionTolerance: 0 },
  ])) as [LocalEngine];
  const [host] = (await openNativeEngines({ path: MODELS.base }, [SMALL])) as [LocalEngine];
  try {
    expect(engine.facts.context.reduction).toBe("host");
    expect(engine.facts.context.reductionNotice).toMatch(
      /^The device's .* differ from the host's by up to .*; 0 is allowed\.$/,
    );
    expect(host.facts.context).toMatchObject({ reduction: "host", reductionNotice: null });
    const tokens = await tokensOf(host, 100);
    const request = { head: tokens.slice(0, 5), items: itemsOf(tokens, SHAPES.slice(0, 6)) };
    expect(await scored(engine, request)).toEqual(await scored(host, request));
  } finally {
    await engine.close();
    await host.close();
  }
});

// A vocabulary of 260: no power of 2 divides it into blocks, and the memory of the model cannot be cut back.
describe("a small model whose last norm has weights of", () => {
  const { folder, remove } = temporaryFolder();
  afterAll(remove);

  const modelWith = (norm: number): string => {
    const file = path.join(folder, `norm-${norm}.gguf`);
    writeFileSync(file, writeGguf(mambaModelWithNorm(norm)));
    return file;
  };
  const head = Int32Array.of(1, 70, 80);
  const prefills = Array.from({ length: 9 }, (_, i) => Int32Array.of(40 + i, 100, 110));
  const items = prefills.map((context, i) => ({ context, targets: Int32Array.of(5, 200 + i, 259, 3) }));

  it("1: chooses, draws and scores as the host does", async () => {
    await withReductions(
      { sequences: 4 },
      async (host, device) => {
        for (const sampling of [undefined, { temperature: 1.3, seed: 9 }]) {
          const request = { head, prefills, maxTokens: 20, ...(sampling && { sampling, samples: 3 }) };
          const [of, expected] = [await generated(device, request), await generated(host, request)];
          expect(of.map(({ tokens }) => tokens)).toEqual(expected.map(({ tokens }) => tokens));
        }
        expect(distance(await scored(device, { head, items }), await scored(host, { head, items }))).toBeLessThan(5e-6);
      },
      modelWith(1),
    );
  });

  it("1: scores more tokens at once than the vocabulary has", async () => {
    await withReductions(
      { sequences: 8 },
      async (host, device) => {
        const targets = Int32Array.from({ length: 60 }, (_, i) => 3 + ((i * 37) % 256));
        const many = { head, items: prefills.slice(0, 8).map((context) => ({ context, targets })) };
        expect(distance(await scored(device, many), await scored(host, many))).toBeLessThan(5e-6);
      },
      modelWith(1),
    );
  });

  it("0: takes the first of equally likely tokens", async () => {
    await withReductions(
      { sequences: 4 },
      async (_, device) => {
        const [completion] = await generated(device, { head, prefills: prefills.slice(0, 1), maxTokens: 3 });
        expect(completion?.tokens).toEqual(Int32Array.of(0, 0, 0));
        expect(completion?.logprobs[0]).toBeCloseTo(-Math.log(260), 6);
      },
      modelWith(0),
    );
  });

  it("200: tells log-probabilities whose probability no float32 holds", async () => {
    await withReductions(
      { sequences: 4 },
      async (host, device) => {
        const expected = await scored(host, { head, items });
        const least = Math.min(...expected.flatMap((logprobs) => [...logprobs]));
        expect(least).toBeLessThan(-120);
        expect(distance(await scored(device, { head, items }), expected)).toBeLessThan(1e-6 * -least);
      },
      modelWith(200),
    );
  });

  it("NaN: says that its log-probabilities are not finite", async () => {
    await withReductions(
      { sequences: 4 },
      async (_, device) => {
        const nonFinite = { code: "NON_FINITE" };
        expect(await rejection(() => scored(device, { head, items }))).toMatchObject(nonFinite);
        for (const sampling of [{}, { sampling: { temperature: 1 } }]) {
          const request = { head, prefills, maxTokens: 2, ...sampling };
          expect(await rejection(() => generated(device, request))).toMatchObject(nonFinite);
        }
      },
      modelWith(Number.NaN),
    );
  });

  it("NaN: leaves nothing behind that the next job of a single sequence would meet", async () => {
    await withReductions(
      { sequences: 1 },
      async (host, device) => {
        for (const engine of [host, device]) {
          for (let job = 0; job < 2; ++job) {
            const request = { head, prefills: [Int32Array.of(5)], maxTokens: 2 };
            expect(await rejection(() => generated(engine, request))).toMatchObject({ code: "NON_FINITE" });
          }
        }
      },
      modelWith(Number.NaN),
    );
  });
});
