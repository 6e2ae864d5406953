import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Completion, LocalEngine, Sampling } from "#telltale/engine/engine.js";
import { openNativeEngines } from "#telltale/engine/native/engine.js";
import type { ContextOptions } from "#telltale/engine/options.js";
import { generated, MODELS, NO_HEAD, prefillsOf, SMALL, tokensOf } from "../models.js";

async function open(path: string, context: ContextOptions = {}): Promise<LocalEngine> {
  const [engine] = (await openNativeEngines({ path }, [{ ...SMALL, ...context }])) as [LocalEngine];
  return engine;
}

/** Greedy and sampled completions after short and long heads, in one engine that is closed afterwards. */
async function everything(path: string, context: ContextOptions): Promise<Completion[][]> {
  const engine = await open(path, { contextSequence: 512, ...context });
  const tokens = await tokensOf(engine, 400);
  const prefills = prefillsOf(tokens, 33);
  const results: Completion[][] = [];
  for (const head of [NO_HEAD, tokens.slice(0, 5)]) {
    results.push(await generated(engine, { head, prefills, maxTokens: 16 }));
  }
  // So long that a lone sequence would be attended to by llama.cpp's other path for 512 cells and more.
  results.push(await generated(engine, { head: tokens.slice(0, 270), prefills: prefills.slice(0, 9), maxTokens: 12 }));
  const sampling = { temperature: 0.9, topP: 0.95, seed: 5 };
  results.push(await generated(engine, { head: NO_HEAD, prefills: prefills.slice(0, 9), maxTokens: 12, sampling }));
  results.push(
    await generated(engine, { head: NO_HEAD, prefills: prefills.slice(0, 4), samples: 5, maxTokens: 12, sampling }),
  );
  await engine.close();
  return results;
}

describe.each([
  ["Q8_0", MODELS.base],
  ["F16", MODELS.baseF16],
])("%s weights", (_, path) => {
  it("give bit for bit the same completions however many sequences run side by side", async () => {
    const alone = await everything(path, { sequences: 1 });
    expect(alone.map((completions) => completions.length)).toEqual([33, 33, 9, 9, 20]);
    for (const context of [{ sequences: 16, batch: 64 }, { sequences: 64 }]) {
      expect(await everything(path, context)).toEqual(alone);
    }
  });
});

it("decodes a prefill longer than the micro-batch as it decodes it in one piece", async () => {
  const results = [];
  for (const batch of [64, 512]) {
    const engine = await open(MODELS.base, { batch, contextSequence: 512 });
    const tokens = await tokensOf(engine, 300);
    results.push(
      await generated(engine, { head: tokens.slice(0, 10), prefills: [tokens, tokens.slice(7, 90)], maxTokens: 10 }),
    );
    await engine.close();
  }
  expect(results[1]).toEqual(results[0]);
});

describe("one engine", () => {
  let engine: LocalEngine;
  let tokens: Int32Array;
  beforeAll(async () => {
    engine = await open(MODELS.organism);
    tokens = await tokensOf(engine, 100);
  });
  afterAll(() => engine.close());
  const texts = (completions: Completion[]) => completions.map(({ tokens }) => Array.from(tokens).join(" "));

  it("stops at maxTokens, or at an end-of-generation token, which is then the last one and the only one", async () => {
    const { eot, eos } = engine.facts.model;
    const ends = new Set([eot, eos]);
    const [head] = (await engine.tokenize(["<|im_start|>user\n"], { parseSpecial: true })) as [Int32Array];
    const all = await generated(engine, {
      head,
      prefills: prefillsOf(tokens, 80),
      maxTokens: 60,
      sampling: { temperature: 1 },
    });
    const stops = { eog: 0, maxTokens: 0 };
    for (const { tokens: made, logprobs, stop } of all) {
      stops[stop] += 1;
      expect(made.length).toBe(logprobs.length);
      expect(made.findIndex((token) => ends.has(token))).toBe(stop === "eog" ? made.length - 1 : -1);
      if (stop === "maxTokens") expect(made.length).toBe(60);
      for (const logprob of logprobs) expect(logprob).toBeLessThanOrEqual(0);
    }
    expect(stops.eog).toBeGreaterThan(0);
    expect(stops.maxTokens).toBeGreaterThan(0);
  });

  it("makes a shorter completion the beginning of a longer one", async () => {
    const prefills = prefillsOf(tokens, 20);
    const long = await generated(engine, { head: NO_HEAD, prefills, maxTokens: 20 });
    for (const maxTokens of [1, 7]) {
      const short = await generated(engine, { head: NO_HEAD, prefills, maxTokens });
      expect(texts(short)).toEqual(texts(long.map((each) => ({ ...each, tokens: each.tokens.slice(0, maxTokens) }))));
    }
  });

  it("takes an empty prefill after a head as a prefill of the head's last token", async () => {
    const head = tokens.slice(0, 6);
    const whole = await generated(engine, { head, prefills: [NO_HEAD, tokens.slice(6, 8), NO_HEAD], maxTokens: 20 });
    const cut = await generated(engine, {
      head: tokens.slice(0, 5),
      prefills: [tokens.slice(5, 6), tokens.slice(5, 8), tokens.slice(5, 6)],
      maxTokens: 20,
    });
    expect(whole).toEqual(cut);
    expect(whole.map(({ prefill }) => prefill)).toEqual([0, 1, 2]);
  });

  it("draws samples that differ, the same ones for the same seed, others for another", async () => {
    const draw = (sampling: Sampling) =>
      generated(engine, { head: NO_HEAD, prefills: prefillsOf(tokens, 5), samples: 8, maxTokens: 20, sampling });
    const first = await draw({ seed: 1 });
    expect(first.map(({ prefill, sample }) => [prefill, sample])).toEqual(
      Array.from({ length: 40 }, (_, i) => [Math.floor(i / 8), i % 8]),
    );
    for (let prefill = 0; prefill < 5; prefill++) {
      expect(new Set(texts(first.slice(prefill * 8, prefill * 8 + 8))).size).toBe(8);
    }
    expect(await draw({ seed: 1 })).toEqual(first);
    expect(texts(await draw({ seed: 2 }))).not.toEqual(texts(first));
  });

  it("comes to the greedy completions as the temperature falls, or with the likeliest token alone", async () => {
    const request = { head: NO_HEAD, prefills: prefillsOf(tokens, 10), maxTokens: 20 };
    const greedy = await generated(engine, request);
    expect(await generated(engine, { ...request, sampling: { temperature: 0.001 } })).toEqual(greedy);
    expect(await generated(engine, { ...request, sampling: { topK: 1, temperature: 5 } })).toEqual(greedy);
    expect(await generated(engine, { ...request, sampling: { topP: 1e-6 } })).toEqual(greedy);
  });

  it("gives nothing for nothing", async () => {
    expect(await generated(engine, { head: tokens.slice(0, 3), prefills: [], maxTokens: 5 })).toEqual([]);
  });
});
