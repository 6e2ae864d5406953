import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LocalEngine, openEngine, openServer, type ScoreInput, score, type TextScore } from "#telltale/index.js";
import { MODELS, NO_HEAD, SMALL, scored, TEXT } from "../engine/models.js";

let engine: LocalEngine;
beforeAll(async () => {
  engine = (await openEngine(MODELS.base, { inProcess: true, context: SMALL })) as LocalEngine;
});
afterAll(() => engine.close());

async function scoresOf(...given: Parameters<typeof score>): Promise<TextScore[]> {
  const all: TextScore[] = [];
  for await (const one of score(...given)) all.push(one);
  return all;
}

describe("score", () => {
  it("gives what the engine gives, for a text, for token ids, and after a context", async () => {
    const [text = NO_HEAD, context = NO_HEAD] = await engine.tokenize([TEXT, "Once upon a time"]);
    const [alone, after] = await scored(engine, {
      head: NO_HEAD,
      items: [
        { context: text.subarray(0, 1), targets: text.subarray(1) },
        { context, targets: text },
      ],
    });
    const inputs = [TEXT, text, { context: "Once upon a time", targets: TEXT }];
    const [byText, byIds, byContext] = await scoresOf(engine, inputs);
    expect(byText?.logprobs[0]).toBeNaN();
    expect(byText?.logprobs.subarray(1)).toEqual(alone);
    expect({ ...byIds, index: 0 }).toEqual(byText);
    expect(byContext?.tokens).toEqual(text);
    expect(byContext?.logprobs).toEqual(after);
    for (const input of inputs) expect(await scoresOf(engine, input)).toEqual(await scoresOf(engine, [input]));
  });

  it("keeps the order of the texts, and tells how far it is", async () => {
    async function* inputs(): AsyncGenerator<ScoreInput> {
      for (let i = 0; i < 600; i++) yield i % 7 === 0 ? "" : `Text ${i}. `.repeat(1 + (i % 5));
    }
    const events: number[] = [];
    const all = await scoresOf(engine, inputs(), { onEvent: ({ tokensDone }) => events.push(tokensDone) });
    expect(all.map(({ index }) => index)).toEqual(Array.from({ length: 600 }, (_, i) => i));
    expect(all[7]).toMatchObject({ scoredTokens: 0, nll: 0, perplexity: Number.NaN, bitsPerByte: Number.NaN });
    expect(events.at(-1)).toBe(all.reduce((sum, { scoredTokens }) => sum + scoredTokens, 0));
    expect(events).toEqual(events.toSorted((a, b) => a - b));
  });

  it("scores every token of a text that is longer than a window, the given ones excepted", async () => {
    const long = TEXT.repeat(4);
    const [whole, after] = await scoresOf(engine, [long, { context: TEXT.repeat(3), targets: TEXT }], {
      contextSize: 64,
    });
    expect(whole?.scoredTokens).toBe((whole?.tokens.length ?? 0) - 1);
    expect(after?.scoredTokens).toBe(after?.tokens.length);
    expect(after?.scoredTokens).toBeGreaterThan(64);
  });

  it("sums up what it lists", async () => {
    for (const one of await scoresOf(engine, TEXT)) {
      const sum = one.logprobs.subarray(1).reduce((total, logprob) => total - logprob, 0);
      expect(one.nll).toBeCloseTo(sum, 6);
      expect(one.perplexity).toBeCloseTo(Math.exp(sum / one.scoredTokens), 6);
      expect(one.bitsPerByte).toBeCloseTo(sum / Math.LN2 / one.scoredBytes, 6);
    }
  });

  it("gives through a server what it gives without", async () => {
    const server = await openServer({ models: [{ id: "base", path: MODELS.base }], inProcess: true, context: SMALL });
    const remote = await openEngine(`${server.url}/v1#base`);
    try {
      expect(await scoresOf(remote, TEXT)).toEqual(await scoresOf(engine, TEXT));
    } finally {
      await remote.close();
      await server.close();
    }
  });

  it.each<[string, unknown, object, RegExp]>([
    ["what is no text", [7], {}, /^Input 0 .*Int32Array/],
    ["nothing among texts", ["a", null], {}, /^Input 1 .*Int32Array/],
    ["nothing at all", undefined, {}, /^Input 0 .*Int32Array/],
    ["what has no targets", { context: "a" }, {}, /^Input 0 .*Int32Array/],
    ["a context in chunks", [{ context: "a", targets: "b" }], { windows: "chunks" }, /^Input 0 .*context/],
    ["a window larger than the engine's", "a", { contextSize: 512 }, /contextSequence/],
    ["a window that is none", "a", { contextSize: 2.5 }, /contextSize/],
  ])("refuses %s", async (_what, inputs, options, sentence) => {
    const failing = scoresOf(engine, inputs as string, options);
    await expect(failing).rejects.toMatchObject({ code: "BAD_ARGUMENT", message: expect.stringMatching(sentence) });
  });

  it("ends on a signal, and the engine can go on", async () => {
    const stop = new AbortController();
    const inputs = Array.from({ length: 2000 }, () => TEXT);
    const failing = (async () => {
      for await (const { index } of score(engine, inputs, { signal: stop.signal })) if (index === 3) stop.abort();
    })();
    await expect(failing).rejects.toMatchObject({ code: "CANCELLED" });
    expect(await scoresOf(engine, "Still here.")).toHaveLength(1);
  });
});

describe("openEngine", () => {
  it("says what it chose, and refuses options of the other kind", async () => {
    const notes: string[] = [];
    const opened = await openEngine(MODELS.baseF16, {
      inProcess: true,
      adapters: [{ path: MODELS.lora }],
      onEvent: (event) => event.type === "note" && notes.push(event.message),
    });
    expect(opened.facts).toMatchObject({ kind: "local", context: { adapters: [{ path: MODELS.lora, scale: 1 }] } });
    expect(notes.join()).toMatch(/^sequences \d+ \(.+\); batch \d+/);
    await opened.close();
    await expect(openEngine(MODELS.base, { endpoints: {} })).rejects.toMatchObject({ code: "BAD_ARGUMENT" });
    await expect(openEngine("http://127.0.0.1:9/v1", { context: {} })).rejects.toMatchObject({ code: "BAD_ARGUMENT" });
    await expect(openEngine(MODELS.base, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "CANCELLED" });
  });
});
