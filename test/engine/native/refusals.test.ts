import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GenerateRequest, LocalEngine, ScoreRequest } from "#telltale/engine/engine.js";
import { openNativeEngines } from "#telltale/engine/native/engine.js";
import type { ContextOptions, ModelOptions } from "#telltale/engine/options.js";
import { generated, MODELS, NO_HEAD, rejection, SMALL, scored } from "../models.js";

const ids = (...tokens: number[]) => Int32Array.from(tokens);
const zeros = (n: number) => new Int32Array(n);

describe("an open engine", () => {
  let engine: LocalEngine;
  beforeAll(async () => {
    [engine] = (await openNativeEngines({ path: MODELS.base }, [SMALL])) as [LocalEngine];
  });
  afterAll(() => engine.close());

  const score = (head: Int32Array, context: Int32Array, targets: Int32Array): ScoreRequest => ({
    head,
    items: [
      { context: ids(1), targets: ids(2) },
      { context, targets },
    ],
  });
  it.each<[string, ScoreRequest, RegExp]>([
    ["an item without context", score(NO_HEAD, NO_HEAD, ids(1)), /Item 1 has no token before/],
    ["an item without targets", score(NO_HEAD, ids(1), NO_HEAD), /Item 1 has no token to score/],
    ["an item that is too long", score(NO_HEAD, zeros(200), zeros(58)), /Item 1 needs 257 tokens.*holds 256/],
    ["an item too long after the head", score(zeros(50), zeros(150), zeros(58)), /Item 1 needs 257 tokens.*256/],
    ["a head that is too long", score(zeros(300), ids(1), ids(1)), /needs|longer/],
    ["a context token out of range", score(NO_HEAD, ids(4096), ids(1)), /4096.*0 to 4095/],
    ["a target out of range", score(NO_HEAD, ids(1), ids(-1)), /-1.*0 to 4095/],
    ["a head token out of range", score(ids(99_999), ids(1), ids(1)), /99999/],
    ["a head token out of range before an empty context", score(ids(99_999), NO_HEAD, ids(1)), /99999/],
  ])("refuses to score %s", async (_, request, sentence) => {
    const error = await rejection(() => scored(engine, request));
    expect(error).toMatchObject({ code: "BAD_ARGUMENT", phase: "score", model: MODELS.base });
    expect((error as Error).message).toMatch(sentence);
  });

  const generate = (head: Int32Array, prefill: Int32Array, rest = {}): GenerateRequest => ({
    head,
    prefills: [ids(1), prefill],
    maxTokens: 10,
    ...rest,
  });
  it.each<[string, GenerateRequest, RegExp]>([
    ["nothing", generate(NO_HEAD, NO_HEAD), /Prefill 1 is empty/],
    ["what outgrows a sequence", generate(NO_HEAD, zeros(248)), /Prefill 1 may grow to 257 tokens.*256/],
    ["what outgrows it after the head", generate(zeros(48), zeros(200)), /Prefill 1 may grow to 257 tokens/],
    ["a token out of range", generate(NO_HEAD, ids(4096)), /4096/],
    ["a head token out of range", generate(ids(-5), NO_HEAD), /-5/],
    ["no tokens", generate(ids(1), ids(1), { maxTokens: 0 }), /maxTokens/],
    ["half a token", generate(ids(1), ids(1), { maxTokens: 1.5 }), /maxTokens/],
    ["samples that would all be the same", generate(ids(1), ids(1), { samples: 2 }), /samples/],
    ["at temperature 0", generate(ids(1), ids(1), { sampling: { temperature: 0 } }), /temperature/],
    ["with an unknown filter", generate(ids(1), ids(1), { sampling: { topQ: 1 } }), /topQ/],
    ["from plain numbers", generate(ids(1), [1] as unknown as Int32Array), /prefills/],
  ])("refuses to generate %s", async (_, request, sentence) => {
    const error = await rejection(() => generated(engine, request));
    expect(error).toMatchObject({ code: "BAD_ARGUMENT" });
    expect((error as Error).message).toMatch(sentence);
  });

  it("takes what just fits", async () => {
    const [logprobs] = await scored(engine, { head: zeros(50), items: [{ context: zeros(150), targets: zeros(57) }] });
    expect(logprobs?.length).toBe(57);
    const [completion] = await generated(engine, { head: zeros(47), prefills: [zeros(200)], maxTokens: 10 });
    expect(completion?.tokens.length).toBeGreaterThan(0);
  });

  it("refuses a second job while one runs, and is free after it", async () => {
    const request = { head: NO_HEAD, prefills: Array.from({ length: 64 }, (_, i) => ids(i)), maxTokens: 40 };
    const first = generated(engine, request);
    for (const second of [() => generated(engine, request), () => scored(engine, score(NO_HEAD, ids(1), ids(2)))]) {
      expect(await rejection(second)).toMatchObject({ code: "ENGINE_UNAVAILABLE", model: MODELS.base });
    }
    expect((await first).length).toBe(64);
    expect((await generated(engine, request)).length).toBe(64);
  });
});

it("refuses every method once it is closed, and to be closed twice is no harm", async () => {
  const [engine] = (await openNativeEngines({ path: MODELS.base }, [SMALL])) as [LocalEngine];
  await Promise.all([engine.close(), engine.close()]);
  await engine.close();
  for (const call of [
    () => engine.tokenize(["a"]),
    () => engine.detokenize([ids(1)]),
    () => engine.vocabulary(),
    () => generated(engine, { head: NO_HEAD, prefills: [ids(1)], maxTokens: 1 }),
    () => scored(engine, { head: NO_HEAD, items: [{ context: ids(1), targets: ids(1) }] }),
  ]) {
    expect(await rejection(call)).toMatchObject({ code: "ENGINE_UNAVAILABLE", model: MODELS.base });
  }
});

it.each<[string, ModelOptions, ContextOptions, string, RegExp]>([
  ["a missing file", { path: "no-such.gguf" }, {}, "FILE_UNREADABLE", /no-such\.gguf/],
  ["a LoRA adapter as a model", { path: MODELS.lora }, {}, "BAD_MODEL", /adapter/],
  ["more sequences than there are", { path: MODELS.base }, { sequences: 257 }, "BAD_ARGUMENT", /sequences/],
  ["a batch smaller than a step", { path: MODELS.base }, { sequences: 64, batch: 32 }, "BAD_ARGUMENT", /n_batch/],
  ["no threads", { path: MODELS.base }, { threads: 0 }, "BAD_ARGUMENT", /threads/],
  ["an unknown option", { path: MODELS.base, ngl: 3 } as ModelOptions, {}, "BAD_ARGUMENT", /ngl/],
  ["a device without a GPU", { path: MODELS.base, devices: ["CUDA0"] }, {}, "BAD_ARGUMENT", /runs on the CPU/],
  ["a tensor split without a GPU", { path: MODELS.base, tensorSplit: [3, 1] }, {}, "BAD_ARGUMENT", /--tensor-split/],
  ["a context of 4e9 tokens", { path: MODELS.base }, { contextSequence: 1 << 24, sequences: 256 }, "BAD_ARGUMENT", /./],
])("refuses to open %s", async (_, model, context, code, sentence) => {
  const error = await rejection(() => openNativeEngines(model, [context]));
  expect(error).toMatchObject({ name: "TelltaleError", code });
  expect((error as Error).message).toMatch(sentence);
});

it("reads back what it uses", async () => {
  const [engine] = (await openNativeEngines({ path: MODELS.base }, [{ ...SMALL, batch: 100, kvType: "q8_0" }])) as [
    LocalEngine,
  ];
  const { model, context } = engine.facts;
  expect(model).toMatchObject({
    path: MODELS.base,
    architecture: "llama",
    layers: 5,
    embedding: 128,
    fileType: "Q8_0",
  });
  expect(model).toMatchObject({ trainedContext: 512, vocabularySize: 4096, vocabularyType: "bpe", canShareHead: true });
  expect(context).toMatchObject({ nCtxSequence: 256, nSequences: 16, nCtx: 16 * 256, nBatch: 100, nUbatch: 100 });
  expect(context).toMatchObject({ threads: 1, kvTypeK: "q8_0", kvTypeV: "q8_0", device: "CPU", gpuLayers: 0 });
  await engine.close();
});
