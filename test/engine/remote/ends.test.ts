import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Completion } from "#telltale/engine/engine.js";
import { MODELS, NO_HEAD, rejection } from "../models.js";
import { type ForeignModel, openForeignModel } from "./foreign-model.js";
import { type Behaviour, type ForeignServer, startForeignServer } from "./foreign-server.js";
import { generatedBy, openRemote, scoresOf } from "./support.js";

const MAX_TOKENS = 40;
const MIXED =
  "The old bridge \u2014 built by people who believed that \u5317\u4eac glass could be \u{1f389} stronger than stone. " +
  "\u201cQuoted\u201d caf\u00e9 na\u00efve f\u00fcr";
const NO_SCORES = { tells: { echo: false, promptLogprobs: false } };

let model: ForeignModel;
let prefills: Int32Array[];
let expected: Completion[];
let ended: Completion[];
beforeAll(async () => {
  model = await openForeignModel(MODELS.organism);
  prefills = (
    await model.engine.tokenize(["The end.", "(1995)", "7", "Thank you. Goodbye.\n\n", "The old bridge"])
  ).map((tokens) => tokens);
  expected = await generatedBy(model.engine, { head: NO_HEAD, prefills, maxTokens: MAX_TOKENS });
  ended = expected.filter(({ stop }) => stop === "eog");
  // One that is at its end already: nothing but the end-of-generation token follows.
  const [first] = ended as [Completion];
  prefills.push(Int32Array.from([...(prefills[first.prefill] ?? []), ...first.tokens.subarray(0, -1)]));
  expected = await generatedBy(model.engine, { head: NO_HEAD, prefills, maxTokens: MAX_TOKENS });
  ended = expected.filter(({ stop }) => stop === "eog");
});
afterAll(() => model.close());

/** Tokens as a server may write them that shows some by the same sign. */
function hiding(bytes: Buffer): string {
  const text = bytes.toString("utf8");
  return text === " the" ? "\ufffd" : text;
}

/** Prefills whose completions begin with a token that can be told, and the completions. */
async function telling(): Promise<{ prefills: Int32Array[]; whole: Completion[] }> {
  const [ids] = (await model.engine.tokenize([MIXED])) as [Int32Array];
  const all = Array.from({ length: ids.length }, (_, i) => ids.slice(Math.max(0, i - 2), i + 1));
  const completions = await generatedBy(model.engine, { head: NO_HEAD, prefills: all, maxTokens: MAX_TOKENS });
  const firsts = await model.bytes(completions.map(({ tokens }) => tokens[0] ?? 0));
  const kept = completions.filter((_, i) => !hiding(firsts[i] ?? Buffer.of()).includes("\ufffd"));
  return { prefills: kept.map(({ prefill }) => all[prefill] as Int32Array), whole: kept };
}

async function served(
  behaviour: Omit<Behaviour, "model">,
  run: (server: ForeignServer, notes: string[]) => Promise<void>,
): Promise<void> {
  const server = await startForeignServer({ ...behaviour, model });
  try {
    await run(server, []);
  } finally {
    await server.close();
  }
}

it("has completions to test with", () => {
  expect(ended.length).toBeGreaterThanOrEqual(3);
  expect(expected.length).toBeGreaterThan(ended.length);
  expect(expected.at(-1)?.tokens.length).toBe(1);
});

describe("the end-of-generation token", () => {
  it.each<[string, Omit<Behaviour, "model">]>([
    ["is not told", { withoutEnd: true }],
    ["is named beside the completion by vLLM", { withoutEnd: true, tellsEnd: "stop_reason" }],
    ["is named beside the completion by SGLang", { withoutEnd: true, tellsEnd: "matched_stop" }],
    ["is told among the others", {}],
  ])("%s: it is there, with its log-probability", async (_, behaviour) => {
    await served(behaviour, async (server, notes) => {
      const engine = await openRemote(server.url, MODELS.organism, {}, { onNote: (note) => notes.push(note) });
      const found = await generatedBy(engine, { head: NO_HEAD, prefills, maxTokens: MAX_TOKENS });
      expect(found.map(({ tokens, stop }) => [stop, ...tokens])).toEqual(
        expected.map(({ tokens, stop }) => [stop, ...tokens]),
      );
      for (const { prefill, tokens, logprobs, stop } of found) {
        if (stop !== "eog") continue;
        const item = {
          context: Int32Array.from([...(prefills[prefill] ?? []), ...tokens.subarray(0, -1)]),
          targets: tokens.subarray(-1),
        };
        const [scored] = await scoresOf(model.engine, { head: NO_HEAD, items: [item] });
        // Kernels for one token and for many differ on quantised weights.
        expect(Math.abs(Number(scored) - (logprobs.at(-1) ?? Number.NaN))).toBeLessThan(0.3);
      }
      expect(notes).toEqual([]);
      await engine.close();
    });
  });

  it("is left out where neither the server tells it nor can be asked, and that is said once", async () => {
    await served({ withoutEnd: true, ...NO_SCORES }, async (server, notes) => {
      const engine = await openRemote(
        server.url,
        MODELS.organism,
        { scores: false },
        { onNote: (note) => notes.push(note) },
      );
      const told = prefills.slice(0, -1);
      const found = await generatedBy(engine, { head: NO_HEAD, prefills: told, maxTokens: MAX_TOKENS });
      for (const [i, { tokens, stop }] of found.entries()) {
        const whole = expected[i] as Completion;
        expect(stop).toBe("maxTokens");
        expect([...tokens]).toEqual([...whole.tokens.subarray(0, whole.stop === "eog" ? -1 : undefined)]);
      }
      expect(notes).toEqual([
        `${server.url} does not tell the end-of-generation token: completions that it ended are kept without one.`,
      ]);
      const nothing = await rejection(() =>
        generatedBy(engine, { head: NO_HEAD, prefills: prefills.slice(-1), maxTokens: 4 }),
      );
      expect(nothing).toMatchObject({
        code: "ENDPOINT_FAILED",
        message: expect.stringMatching(/no token that can be told/),
      });
      await engine.close();
    });
  });
});

describe("tokens told by their texts alone", () => {
  it("are found in the vocabulary; a completion ends before one that cannot be", async () => {
    await served({ ids: { tokenIds: false, strings: false }, write: hiding }, async (server, notes) => {
      const engine = await openRemote(server.url, MODELS.organism, {}, { onNote: (note) => notes.push(note) });
      expect(engine.facts.endpoints[0]?.generation).toBe("texts");
      const { prefills, whole } = await telling();
      const found = await generatedBy(engine, { head: NO_HEAD, prefills, maxTokens: MAX_TOKENS });
      const cut = found.filter(({ tokens }, i) => tokens.length < (whole[i]?.tokens.length ?? 0));
      for (const [i, completion] of found.entries()) {
        const length = completion.tokens.length;
        expect([...completion.tokens]).toEqual([...(whole[i]?.tokens.subarray(0, length) ?? [])]);
        expect([...completion.logprobs]).toEqual([...(whole[i]?.logprobs.subarray(0, length) ?? [])]);
      }
      expect(cut.every(({ stop }) => stop === "maxTokens")).toBe(true);
      expect(cut.length).toBeGreaterThan(0);
      expect(cut.length).toBeLessThan(found.length);
      expect(notes).toEqual([
        `${server.url} writes some tokens so that they cannot be told apart: completions end before the first of them.`,
      ]);
      await engine.close();
    });
  });
});

describe("a server that takes OpenAI's fields alone", () => {
  it("scores as any other, and tells the tokens it generates by their texts", async () => {
    await served({ strict: true, owner: "openai" }, async (server) => {
      const engine = await openRemote(server.url, MODELS.organism);
      expect(engine.facts.endpoints[0]).toMatchObject({ server: "openai", scoring: "echo", generation: "texts" });
      const items = prefills.map((context, i) => ({ context, targets: expected[i]?.tokens ?? NO_HEAD }));
      expect(await scoresOf(engine, { head: NO_HEAD, items })).toEqual(
        await scoresOf(model.engine, { head: NO_HEAD, items }),
      );
      await engine.close();
    });
  });
});
