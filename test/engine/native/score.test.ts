import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LocalEngine } from "#telltale/engine/engine.js";
import { openNativeEngines } from "#telltale/engine/native/engine.js";
import type { ContextOptions } from "#telltale/engine/options.js";
import { generated, itemsOf, MODELS, NO_HEAD, prefillsOf, SMALL, scored, tokensOf } from "../models.js";

// Lengths on both sides of what llama.cpp treats apart: 1 token, the attention tile of 64, the micro-batch.
const SHAPES = [
  [1, 1],
  [1, 2],
  [3, 1],
  [2, 5],
  [5, 12],
  [3, 40],
  [10, 54],
  [10, 55],
  [20, 60],
  [60, 64],
  [3, 120],
  [40, 150],
] as const;

const LAYOUTS: ContextOptions[] = [
  { sequences: 1 },
  { sequences: 8 },
  { sequences: 64 },
  { sequences: 8, batch: 64 },
  { sequences: 64, batch: 64 },
  { sequences: 8, batch: 128 },
];

async function withEngine<T>(
  path: string,
  context: ContextOptions,
  use: (engine: LocalEngine) => Promise<T>,
): Promise<T> {
  const [engine] = (await openNativeEngines({ path }, [{ ...SMALL, contextSequence: 512, ...context }])) as [
    LocalEngine,
  ];
  try {
    return await use(engine);
  } finally {
    await engine.close();
  }
}

// F16 weights too: llama.cpp multiplies them by another path when a batch has one row.
describe.each([
  ["Q8_0", MODELS.base],
  ["F16", MODELS.baseF16],
])("%s weights", (_, path) => {
  it.each([0, 20, 270])("are scored bit for bit the same in every layout, after a head of %i tokens", async (nHead) => {
    const results = [];
    for (const layout of LAYOUTS) {
      results.push(
        await withEngine(path, layout, async (engine) => {
          const tokens = await tokensOf(engine, 400);
          return scored(engine, { head: tokens.slice(0, nHead), items: itemsOf(tokens, SHAPES) });
        }),
      );
    }
    expect(results[0]?.map((logprobs) => logprobs.length)).toEqual(SHAPES.map(([, targets]) => targets));
    for (const result of results) expect(result).toEqual(results[0]);
  });
});

it("does not depend on the number of threads", async () => {
  const results = [];
  for (const threads of [1, 2]) {
    results.push(
      await withEngine(MODELS.base, { threads }, async (engine) => {
        const tokens = await tokensOf(engine, 100);
        return scored(engine, { head: tokens.slice(0, 5), items: itemsOf(tokens, SHAPES.slice(0, 9)) });
      }),
    );
  }
  expect(results[1]).toEqual(results[0]);
});

describe("one engine", () => {
  let engine: LocalEngine;
  let tokens: Int32Array;
  beforeAll(async () => {
    [engine] = (await openNativeEngines({ path: MODELS.base }, [{ ...SMALL, sequences: 64 }])) as [LocalEngine];
    tokens = await tokensOf(engine, 250);
  });
  afterAll(() => engine.close());

  it("gives probabilities that add up to 1 over the vocabulary", async () => {
    const context = tokens.slice(0, 1);
    const items = Array.from({ length: engine.facts.model.vocabularySize }, (_, token) => ({
      context,
      targets: Int32Array.of(token),
    }));
    const logprobs = await scored(engine, { head: tokens.slice(1, 12), items });
    const sum = logprobs.reduce((total, [logprob]) => total + Math.exp(logprob as number), 0);
    expect(sum).toBeCloseTo(1, 5);
  });

  it("scores a shared head as if it stood in every context, bit for bit, below the attention tile", async () => {
    const items = itemsOf(tokens, [
      [1, 1],
      [1, 5],
      [4, 30],
      [10, 20],
    ]);
    for (const nHead of [1, 2, 11]) {
      const head = tokens.slice(0, nHead);
      const shared = await scored(engine, { head, items });
      const repeated = items.map(({ context, targets }) => ({ context: Int32Array.of(...head, ...context), targets }));
      expect(await scored(engine, { head: NO_HEAD, items: repeated })).toEqual(shared);
      // With an empty context the head's last token is decoded with the items.
      const empty = items.map(({ context, targets }) => ({
        context: NO_HEAD,
        targets: Int32Array.of(...context, ...targets),
      }));
      const whole = await scored(engine, { head, items: empty });
      expect(whole.map((logprobs, i) => logprobs.subarray(items[i]?.context.length))).toEqual(shared);
    }
  });

  it("says of one text what each way of cutting it into context and targets says", async () => {
    const text = tokens.slice(0, 40);
    const [whole] = (await scored(engine, {
      head: NO_HEAD,
      items: [{ context: text.slice(0, 1), targets: text.slice(1) }],
    })) as [Float32Array];
    const items = [2, 10, 39].map((cut) => ({ context: text.slice(0, cut), targets: text.slice(cut) }));
    const cuts = await scored(engine, { head: NO_HEAD, items });
    expect(cuts).toEqual([2, 10, 39].map((cut) => whole.slice(cut - 1)));
  });

  it("nearly gives generated tokens the log-probabilities they were generated with", async () => {
    const prefills = prefillsOf(tokens, 40);
    const completions = await generated(engine, { head: NO_HEAD, prefills, maxTokens: 30 });
    const items = completions.map((completion) => ({
      context: prefills[completion.prefill] as Int32Array,
      targets: completion.tokens,
    }));
    const differences = (await scored(engine, { head: NO_HEAD, items })).flatMap((logprobs, i) =>
      Array.from(logprobs, (logprob, at) => Math.abs(logprob - (completions[i]?.logprobs[at] as number))),
    );
    // Prefill and one-token steps take different kernels, so these are close but not equal.
    expect(Math.max(...differences)).toBeLessThan(0.3);
    expect(differences.reduce((sum, each) => sum + each, 0) / differences.length).toBeLessThan(0.05);
  });

  it("gives the same numbers again after another head and other work", async () => {
    const request = { head: tokens.slice(0, 9), items: itemsOf(tokens, SHAPES.slice(0, 8)) };
    const first = await scored(engine, request);
    await scored(engine, { head: tokens.slice(3, 40), items: request.items });
    await generated(engine, { head: NO_HEAD, prefills: prefillsOf(tokens, 70), maxTokens: 8 });
    expect(await scored(engine, request)).toEqual(first);
  });

  it("gives nothing for nothing", async () => {
    expect(await scored(engine, { head: tokens.slice(0, 3), items: [] })).toEqual([]);
  });
});

it("gives a model against itself in two engines exactly the same", async () => {
  const request = async (engine: LocalEngine) => {
    const tokens = await tokensOf(engine, 250);
    return scored(engine, { head: NO_HEAD, items: itemsOf(tokens, SHAPES) });
  };
  const engines = await Promise.all(
    [SMALL, SMALL].map((context) => openNativeEngines({ path: MODELS.organism }, [context])),
  );
  const [[a], [b]] = engines as [[LocalEngine], [LocalEngine]];
  expect(await request(a)).toEqual(await request(b));
  // Loaded side by side, each has read its own log.
  expect(a.facts).toEqual(b.facts);
  expect(a.facts.context).toMatchObject({ device: "CPU", kvTypeK: "f16", kvTypeV: "f16", flashAttention: true });
  await Promise.all([a.close(), b.close()]);
});

it("gives the same numbers whether the head stays in every slot or is decoded with every item", async () => {
  const results = [];
  for (const shareHead of [true, false]) {
    results.push(
      await withEngine(MODELS.base, { sequences: 8, shareHead }, async (engine) => {
        const tokens = await tokensOf(engine, 100);
        return scored(engine, { head: tokens.slice(0, 20), items: itemsOf(tokens, SHAPES.slice(0, 6)) });
      }),
    );
  }
  expect(results[1]).toEqual(results[0]);
});
