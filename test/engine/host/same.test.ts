import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LocalEngine } from "#telltale/engine/engine.js";
import { openHostEngines } from "#telltale/engine/host/engine.js";
import { openNativeEngines } from "#telltale/engine/native/engine.js";
import type { ContextOptions } from "#telltale/engine/options.js";
import {
  generated,
  itemsOf,
  MODELS,
  NO_HEAD,
  prefillsOf,
  rejection,
  SMALL,
  scored,
  TEXT,
  tokensOf,
} from "../models.js";

const CONTEXTS: ContextOptions[] = [SMALL, { ...SMALL, adapters: [{ path: MODELS.lora, scale: 1 }] }];

const SHAPES = [
  [1, 1],
  [3, 30],
  [10, 100],
  [0, 4],
] as const;

describe("engines in a child process", () => {
  let host: LocalEngine[];
  let native: LocalEngine[];
  beforeAll(async () => {
    host = await openHostEngines({ path: MODELS.baseF16 }, CONTEXTS);
    native = await openNativeEngines({ path: MODELS.baseF16 }, CONTEXTS);
  });
  afterAll(async () => {
    for (const engine of [...host, ...native]) await engine.close();
  });
  const both = async <T>(index: number, run: (engine: LocalEngine) => Promise<T>): Promise<[T, T]> => [
    await run(host[index] as LocalEngine),
    await run(native[index] as LocalEngine),
  ];

  it.each([0, 1])("give the very numbers of engines in this process (context %i)", async (index) => {
    const [inChild, here] = await both(index, async (engine) => {
      const tokens = await tokensOf(engine, 200);
      const head = tokens.slice(0, 7);
      const sampling = { temperature: 0.8, seed: 3 };
      return [
        await scored(engine, { head, items: itemsOf(tokens, SHAPES) }),
        await generated(engine, { head: NO_HEAD, prefills: prefillsOf(tokens, 20), maxTokens: 12 }),
        await generated(engine, { head, prefills: prefillsOf(tokens, 5), samples: 3, sampling, maxTokens: 12 }),
      ];
    });
    expect(inChild).toEqual(here);
  });

  it("tokenize, detokenize and tell of the vocabulary and of themselves alike", async () => {
    const [inChild, here] = await both(0, async (engine) => {
      const ids = await engine.tokenize([TEXT, "", "<|im_end|>"], { parseSpecial: true });
      const bytes = (await engine.detokenize(ids)).map((piece) => Buffer.from(piece));
      const vocabulary = await engine.vocabulary();
      return [ids, bytes, vocabulary.offsets, vocabulary.attributes, Buffer.from(vocabulary.bytes), engine.facts.model];
    });
    expect(inChild).toEqual(here);
    expect(host.map(({ facts }) => facts.context)).toEqual(native.map(({ facts }) => facts.context));
  });

  it("fail alike: code, phase, model and sentence", async () => {
    const failures = [
      (engine: LocalEngine) =>
        scored(engine, { head: NO_HEAD, items: [{ context: NO_HEAD, targets: Int32Array.of(1) }] }),
      (engine: LocalEngine) => generated(engine, { head: NO_HEAD, prefills: [Int32Array.of(5000)], maxTokens: 2 }),
      (engine: LocalEngine) => generated(engine, { head: NO_HEAD, prefills: [Int32Array.of(5)], maxTokens: 0 }),
      (engine: LocalEngine) => engine.detokenize([Int32Array.of(-1)]),
    ];
    for (const failure of failures) {
      const [inChild, here] = await both(0, (engine) => rejection(() => failure(engine)));
      const { name, code, phase, model, message } = here as Record<string, unknown>;
      expect(inChild).toMatchObject({ name, code, phase, model, message });
      expect(code).toBe("BAD_ARGUMENT");
    }
  });

  it("refuse a second job while one runs", async () => {
    const engine = host[0] as LocalEngine;
    const request = { head: NO_HEAD, prefills: prefillsOf(await tokensOf(engine, 100), 64), maxTokens: 30 };
    const first = generated(engine, request);
    expect(await rejection(() => generated(engine, request))).toMatchObject({ code: "ENGINE_UNAVAILABLE" });
    expect((await first).length).toBe(64);
  });
});

it.each([
  ["a missing file", "no-such.gguf", "FILE_UNREADABLE"],
  ["an adapter instead of a model", MODELS.lora, "BAD_MODEL"],
])("passes on why %s cannot be opened, and leaves no child", async (_, path, code) => {
  expect(await rejection(() => openHostEngines({ path }, [SMALL]))).toMatchObject({ name: "TelltaleError", code });
});
