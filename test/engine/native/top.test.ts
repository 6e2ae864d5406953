import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { JobProgress, LocalEngine, Score, ScoreRequest } from "#telltale/engine/engine.js";
import { openHostEngines } from "#telltale/engine/host/engine.js";
import { openNativeEngines } from "#telltale/engine/native/engine.js";
import type { ContextOptions } from "#telltale/engine/options.js";
import { temporaryFolder } from "../../audit/fixture.js";
import { writeGguf } from "../../fixtures/gguf-writer.js";
import { mambaModelWithNorm } from "../../fixtures/mamba-model.js";
import { generated, itemsOf, MODELS, NO_HEAD, rejection, SMALL, tokensOf } from "../models.js";

/** Every number of decoded tokens around what llama.cpp treats apart: the attention tile of 64, batches of 128. */
const LENGTHS = [1, 2, 17, 62, 63, 64, 65, 127, 128, 129, 191, 192, 300];
const SHAPES = LENGTHS.flatMap((length) => [
  [1, length] as const,
  [1 + Math.floor(length / 3), length - Math.floor(length / 3)] as const,
]);

async function withEngine<T>(
  context: ContextOptions,
  use: (engine: LocalEngine) => Promise<T>,
  model = MODELS.base,
  open = openNativeEngines,
): Promise<T> {
  const [engine] = (await open({ path: model }, [{ ...SMALL, contextSequence: 512, ...context }])) as [LocalEngine];
  try {
    return await use(engine);
  } finally {
    await engine.close();
  }
}

async function scores(engine: LocalEngine, request: ScoreRequest): Promise<Score[]> {
  const all: Score[] = [];
  for await (const batch of engine.score(request)) all.push(...batch);
  return all.sort((a, b) => a.item - b.item);
}

const logprobsOf = (all: Score[]) => all.map(({ logprobs }) => logprobs);

describe.each([
  ["Q8_0", MODELS.base, "host"],
  ["Q8_0", MODELS.base, "device"],
  ["F16", MODELS.baseF16, "host"],
] as const)("%s weights, read on the %s", (_, model, reduction) => {
  it.each([
    [{ sequences: 8, batch: 512 }, 0],
    [{ sequences: 64, batch: 128 }, 20],
    [{ sequences: 1, batch: 64 }, 0],
  ])(
    "leaves the targets' log-probabilities as they are, bit for bit, and is no less likely: %o, head %i",
    async (layout, nHead) => {
      await withEngine(
        { ...layout, reduction },
        async (engine) => {
          expect(engine.facts.context.reduction).toBe(reduction);
          const tokens = await tokensOf(engine, 500);
          const request = { head: tokens.slice(100, 100 + nHead), items: itemsOf(tokens, SHAPES) };
          const [without, top] = [await scores(engine, request), await scores(engine, { ...request, top: true })];
          expect(logprobsOf(top)).toEqual(logprobsOf(without));
          expect(without.some((score) => "top" in score)).toBe(false);
          for (const { item, logprobs, top: likeliest } of top) {
            const targets = request.items[item]?.targets ?? NO_HEAD;
            expect(likeliest?.tokens.length).toBe(targets.length + 1);
            expect(likeliest?.logprobs.length).toBe(targets.length + 1);
            for (const [i, target] of targets.entries()) {
              const [most = -1, own = 0] = [likeliest?.logprobs[i], logprobs[i]];
              if (likeliest?.tokens[i] === target) expect(most).toBe(own);
              else expect(most).toBeGreaterThanOrEqual(own);
            }
          }
        },
        model,
      );
    },
  );

  it("tells at every place what greedy generation says there", async () => {
    // Batches below the attention tile: all lengths take the same kernels, in however many batches an item lies.
    await withEngine(
      { sequences: 16, batch: 50, reduction },
      async (engine) => {
        const tokens = await tokensOf(engine, 240);
        const head = tokens.slice(0, 10);
        const items = [
          [11, 31],
          [60, 150],
          [60, 61],
        ].map(([from, to]) => ({ context: tokens.slice(10, from), targets: tokens.slice(from, to) }));
        for (const { item, top } of await scores(engine, { head, items, top: true })) {
          const { context, targets } = items[item] as ScoreRequest["items"][number];
          const prefills = Array.from({ length: targets.length + 1 }, (_, i) =>
            Int32Array.of(...context, ...targets.subarray(0, i)),
          );
          const greedy = await generated(engine, { head, prefills, maxTokens: 1 });
          expect(Array.from(top?.tokens ?? [])).toEqual(greedy.map((completion) => completion.tokens[0]));
          expect(Array.from(top?.logprobs ?? [])).toEqual(greedy.map((completion) => completion.logprobs[0]));
        }
      },
      model,
    );
  });

  it("tells after the last target what greedy generation says, over the attention tile as well", async () => {
    await withEngine(
      { sequences: 8, batch: 128, reduction },
      async (engine) => {
        const tokens = await tokensOf(engine, 300);
        // At 63 tokens decoded the last one follows below the tile, and generation decodes all 64 above it.
        const lengths = LENGTHS.filter((length) => length !== 63 && length < 300);
        const items = itemsOf(
          tokens,
          lengths.map((length) => [1, length] as const),
        );
        const last = (await scores(engine, { head: NO_HEAD, items, top: true })).map(({ top }) => [
          top?.tokens.at(-1),
          top?.logprobs.at(-1),
        ]);
        const prefills = items.map(({ context, targets }) => Int32Array.of(...context, ...targets));
        const greedy = await generated(engine, { head: NO_HEAD, prefills, maxTokens: 1 });
        expect(last).toEqual(greedy.map((completion) => [completion.tokens[0], completion.logprobs[0]]));
      },
      model,
    );
  });
});

it("does not depend on what stands beside an item, where the last target follows by itself neither", async () => {
  const alone: Score[] = [];
  const shapes = [...[58, 63, 20, 63, 62, 1, 63].map((length) => [1, length] as const), [1, 64] as const];
  const items = async (engine: LocalEngine) => itemsOf(await tokensOf(engine, 300), shapes);
  await withEngine({ sequences: 1 }, async (engine) => {
    for (const item of await items(engine)) {
      alone.push(...(await scores(engine, { head: NO_HEAD, items: [item], top: true })));
    }
  });
  await withEngine({ sequences: 8 }, async (engine) => {
    const together = await scores(engine, { head: NO_HEAD, items: await items(engine), top: true });
    expect(together.map(({ top }) => top)).toEqual(alone.map(({ top }) => top));
  });
});

it("reads 12 bytes a place on the device, and no rows", async () => {
  await withEngine({ sequences: 8, reduction: "device" }, async (engine) => {
    const items = itemsOf(await tokensOf(engine, 500), SHAPES);
    let last: JobProgress | undefined;
    const onProgress = (progress: JobProgress) => {
      last = progress;
    };
    for await (const _ of engine.score({ head: NO_HEAD, items, top: true }, { onProgress }));
    const places = items.reduce((sum, { targets }) => sum + targets.length + 1, 0);
    expect(last?.work.bytesRead).toBeGreaterThanOrEqual(12 * places);
    expect(last?.work.bytesRead).toBeLessThanOrEqual(12 * (places + items.length));
  });
});

it("is the same in a child process", async () => {
  const run = async (engine: LocalEngine) => {
    const tokens = await tokensOf(engine, 500);
    return scores(engine, { head: tokens.slice(0, 5), items: itemsOf(tokens, SHAPES), top: true });
  };
  const here = await withEngine({}, run);
  expect(await withEngine({}, run, MODELS.base, openHostEngines)).toEqual(here);
});

it("needs room for the last target, says so, and refuses what is no yes or no", async () => {
  await withEngine({ contextSequence: 256 }, async (engine) => {
    const tokens = await tokensOf(engine, 300);
    const items = [{ context: tokens.slice(0, 1), targets: tokens.slice(1, 257) }];
    expect(await scores(engine, { head: NO_HEAD, items })).toHaveLength(1);
    const error = await rejection(() => scores(engine, { head: NO_HEAD, items, top: true }));
    expect(error).toMatchObject({ code: "BAD_ARGUMENT", phase: "score" });
    expect((error as Error).message).toContain("Item 0 needs 257 tokens, but a sequence of this context holds 256");
    const wrong = { head: NO_HEAD, items, top: "yes" } as unknown as ScoreRequest;
    expect(await rejection(() => scores(engine, wrong))).toMatchObject({ code: "BAD_ARGUMENT" });
  });
});

// A memory that cannot be cut back, and a vocabulary of 260.
describe.each(["host", "device"] as const)("a small recurrent model, read on the %s", (reduction) => {
  const { folder, remove } = temporaryFolder();
  afterAll(remove);

  const head = Int32Array.of(1, 70, 80);
  const items = Array.from({ length: 9 }, (_, i) => ({
    context: Int32Array.of(40 + i, 100),
    targets: Int32Array.from({ length: 58 + i }, (_, at) => 3 + ((at * 37 + i) % 256)),
  }));
  const withNorm = <T>(norm: number, use: (engine: LocalEngine) => Promise<T>): Promise<T> => {
    const file = path.join(folder, `norm-${norm}.gguf`);
    writeFileSync(file, writeGguf(mambaModelWithNorm(norm)));
    // A batch has fewer places than the vocabulary tokens: beyond that the host reads it.
    return withEngine({ sequences: 3, reduction }, use, file);
  };

  it("says what greedy generation says after the last target, and leaves log-probabilities as they are", async () => {
    await withNorm(1, async (engine) => {
      const top = await scores(engine, { head, items, top: true });
      expect(logprobsOf(top)).toEqual(logprobsOf(await scores(engine, { head, items })));
      const prefills = items.map(({ context, targets }) => Int32Array.of(...context, ...targets));
      const greedy = await generated(engine, { head, prefills, maxTokens: 1 });
      expect(top.map((score) => score.top?.tokens.at(-1))).toEqual(greedy.map(({ tokens }) => tokens[0]));
    });
  });

  it("takes the lowest id of equally likely tokens", async () => {
    await withNorm(0, async (engine) => {
      for (const { top } of await scores(engine, { head, items, top: true })) {
        expect(new Set(top?.tokens)).toEqual(new Set([0]));
        for (const logprob of top?.logprobs ?? []) expect(logprob).toBeCloseTo(-Math.log(260), 5);
      }
    });
  });

  it("refuses log-probabilities that are not finite", async () => {
    await withNorm(Number.NaN, async (engine) => {
      const error = await rejection(() => scores(engine, { head, items, top: true }));
      expect(error).toMatchObject({ code: "NON_FINITE" });
    });
  });
});
