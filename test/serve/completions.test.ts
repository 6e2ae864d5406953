import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openNativeEngines } from "#telltale/engine/native/engine.js";
import { decodeText, type LocalEngine, type Server, type Vocabulary } from "#telltale/index.js";
import { generated, MODELS, NO_HEAD, SMALL, scored, TEXT, tokensOf } from "../engine/models.js";
import { completions, figures, openSmall, post } from "./served.js";

let server: Server;
let engine: LocalEngine;
let vocabulary: Vocabulary;
let text: Int32Array;
beforeAll(async () => {
  ({ server } = await openSmall({
    models: [
      { id: "base", path: MODELS.base },
      { id: "spm", path: MODELS.baseB },
    ],
  }));
  [engine] = (await openNativeEngines({ path: MODELS.base }, [SMALL])) as [LocalEngine];
  vocabulary = await engine.vocabulary();
  text = await tokensOf(engine, 200);
});
afterAll(async () => {
  await server.close();
  await engine.close();
});

const whole = (tokens: Int32Array) => ({ context: tokens.slice(0, 1), targets: tokens.slice(1) });
const ids = (...ranges: [number, number][]) => ranges.map(([from, to]) => Array.from(text.slice(from, to)));

describe("scoring a given text", () => {
  it("gives the engine's own bits for token ids, in the order of the prompts", async () => {
    const prompts = ids([0, 40], [7, 12], [20, 22], [50, 113], [3, 30]);
    const { choices, usage, object, model } = await completions(server, {
      model: "base",
      prompt: prompts,
      max_tokens: 0,
      echo: true,
      logprobs: 0,
    });
    const local = await scored(engine, { head: NO_HEAD, items: prompts.map((ids) => whole(Int32Array.from(ids))) });
    expect(choices.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4]);
    expect(choices.map((choice) => figures(choice))).toEqual(local);
    for (const [i, { logprobs, finish_reason, text: shown }] of choices.entries()) {
      expect(logprobs?.token_logprobs[0]).toBeNull();
      expect(logprobs?.top_logprobs).toBeNull();
      expect(logprobs?.tokens.join("")).toBe(shown);
      expect(finish_reason).toBe("length");
      expect(shown).toBe(decodeText(vocabulary, prompts[i] as number[]));
    }
    const sum = prompts.reduce((tokens, prompt) => tokens + prompt.length, 0);
    expect(usage).toEqual({ prompt_tokens: sum, completion_tokens: 0, total_tokens: sum });
    expect({ object, model }).toEqual({ object: "text_completion", model: "base" });
  });

  it("gives the same bits for a text, which comes back as it was sent", async () => {
    const { choices } = await completions(server, {
      model: "base",
      prompt: TEXT.slice(0, 120),
      max_tokens: 0,
      echo: true,
      logprobs: 0,
      return_token_ids: true,
    });
    const [tokens] = (await engine.tokenize([TEXT.slice(0, 120)], { addSpecial: true })) as [Int32Array];
    expect(choices[0]?.prompt_token_ids).toEqual(Array.from(tokens));
    expect(choices[0]?.token_ids).toEqual([]);
    expect([figures(choices[0])]).toEqual(await scored(engine, { head: NO_HEAD, items: [whole(tokens)] }));
    expect(choices[0]?.text).toBe(TEXT.slice(0, 120));
  });

  it("puts BOS first where the vocabulary asks for it, and counts offsets in the text that was sent", async () => {
    const prompt = "A été 😀 b";
    const { choices } = await completions(server, {
      model: "spm",
      prompt,
      max_tokens: 2,
      temperature: 0,
      echo: true,
      logprobs: 0,
    });
    const { tokens, text_offset: offsets } = choices[0]?.logprobs ?? { tokens: [], text_offset: [] };
    expect(tokens[0]).toBe("<s>");
    expect(choices[0]?.text.startsWith(prompt)).toBe(true);
    const smiley = tokens.flatMap((token, i) => (token.startsWith("bytes:\\x") ? [offsets[i]] : []));
    expect(smiley.length).toBeGreaterThan(1);
    expect(new Set(smiley)).toEqual(new Set([6]));
    const b = tokens.findIndex((token) => token.trim() === "b");
    expect(offsets[b]).toBe(tokens[b] === "b" ? 8 : 7);
    const characters = [...(choices[0]?.text ?? "")];
    for (const [i, token] of tokens.entries()) {
      const at = offsets[i] as number;
      if (i < 2 || token.startsWith("bytes:")) continue;
      expect(characters.slice(at, at + [...token].length).join("")).toBe(token);
    }
    const bare = await completions(server, {
      model: "spm",
      prompt,
      max_tokens: 0,
      echo: true,
      logprobs: 0,
      add_special_tokens: false,
    });
    expect(bare.choices[0]?.logprobs?.tokens[0]).not.toBe("<s>");
  });

  it("has nothing to score in a single token, and answers nothing where nothing is asked", async () => {
    const request = { model: "base", prompt: ids([0, 1]), max_tokens: 0, logprobs: 0 };
    const { choices } = await completions(server, { ...request, echo: true });
    expect(choices[0]?.logprobs?.token_logprobs).toEqual([null]);
    const { choices: nothing } = await completions(server, request);
    expect(nothing[0]).toEqual({
      index: 0,
      text: "",
      logprobs: { tokens: [], token_logprobs: [], top_logprobs: null, text_offset: [] },
      finish_reason: "length",
    });
  });

  it("tells the prompt's figures in vLLM's form as well", async () => {
    const prompt = Array.from(text.slice(5, 25));
    const { choices } = await completions(server, { model: "base", prompt, max_tokens: 0, prompt_logprobs: 0 });
    const [local] = await scored(engine, { head: NO_HEAD, items: [whole(Int32Array.from(prompt))] });
    const told = choices[0]?.prompt_logprobs ?? [];
    expect(told[0]).toBeNull();
    for (const [i, id] of prompt.entries()) {
      if (i === 0) continue;
      expect(Math.fround(told[i]?.[id]?.logprob ?? Number.NaN)).toBe(local?.[i - 1]);
      expect(told[i]?.[id]?.decoded_token).toBe(decodeText(vocabulary, [id]));
    }
    expect(choices[0]).toMatchObject({ text: "", logprobs: null });
  });

  it("answers many clients at once, each with its own", async () => {
    const prompts = Array.from({ length: 60 }, (_, i) => text.slice(i, i + 2 + ((i * 7) % 50)));
    const answers = await Promise.all(
      prompts.map((prompt) =>
        completions(server, { model: "base", prompt: Array.from(prompt), max_tokens: 0, echo: true, logprobs: 0 }),
      ),
    );
    const local = await scored(engine, { head: NO_HEAD, items: prompts.map(whole) });
    expect(answers.map(({ choices }) => figures(choices[0]))).toEqual(local);
  });
});

describe("generating", () => {
  const prompts = () => [text.slice(0, 3), text.slice(4, 9), text.slice(30, 31)];

  it("gives the engine's greedy completions, ids, figures and ends", async () => {
    const request = { model: "base", prompt: prompts().map((ids) => Array.from(ids)), max_tokens: 40, temperature: 0 };
    const { choices, usage } = await completions(server, { ...request, logprobs: 1, return_token_ids: true, seed: 7 });
    const local = await generated(engine, { head: NO_HEAD, prefills: prompts(), maxTokens: 40 });
    expect(choices.map(({ token_ids: ids }) => ids)).toEqual(local.map(({ tokens }) => Array.from(tokens)));
    expect(choices.map((choice) => figures(choice, 0))).toEqual(local.map(({ logprobs }) => logprobs));
    expect(choices.map(({ finish_reason: why }) => why)).toEqual(
      local.map(({ stop }) => (stop === "eog" ? "stop" : "length")),
    );
    for (const [i, { tokens, stop }] of local.entries()) {
      const worded = stop === "eog" ? tokens.slice(0, -1) : tokens;
      expect(choices[i]?.text).toBe(decodeText(vocabulary, worded));
      // Greedy: the likeliest is the one that is there.
      expect(choices[i]?.logprobs?.top_logprobs?.map((top) => Object.values(top ?? {}))).toEqual(
        choices[i]?.logprobs?.token_logprobs.map((figure) => [figure]),
      );
    }
    expect(usage.completion_tokens).toBe(local.reduce((sum, { tokens }) => sum + tokens.length, 0));
  });

  it("ends at an end-of-generation token, which is told and not shown", async () => {
    const { eos, eot } = engine.facts.model;
    const { choices } = await completions(server, {
      model: "base",
      prompt: ids([0, 3], [9, 12], [40, 43]),
      max_tokens: 60,
      temperature: 3,
      n: 30,
      seed: 1,
      logprobs: 0,
      return_token_ids: true,
    });
    const ended = choices.filter(({ finish_reason: why }) => why === "stop");
    expect(ended.length).toBeGreaterThan(0);
    for (const choice of ended) {
      expect([eos, eot]).toContain(choice.token_ids?.at(-1));
      expect(choice.logprobs?.token_logprobs).toHaveLength(choice.token_ids?.length ?? -1);
      expect(choice.text).toBe(decodeText(vocabulary, choice.token_ids?.slice(0, -1) ?? []));
    }
  });

  it("draws as the engine does with that seed and those filters, whatever else is asked at the time", async () => {
    const request = {
      model: "base",
      prompt: prompts().map((ids) => Array.from(ids)),
      max_tokens: 12,
      n: 3,
      seed: 11,
      top_k: 50,
      top_p: 0.9,
      return_token_ids: true,
      logprobs: 0,
    };
    const noise = Array.from({ length: 5 }, (_, i) =>
      completions(server, {
        model: "base",
        prompt: "The",
        max_tokens: 12,
        n: 3,
        seed: i % 2 === 0 ? 11 : 12,
        top_k: 50,
        top_p: 0.9,
      }),
    );
    const [{ choices }] = await Promise.all([completions(server, { ...request, temperature: 0.8 }), ...noise]);
    const sampling = { temperature: 0.8, topK: 50, topP: 0.9, seed: 11 };
    const local = await generated(engine, { head: NO_HEAD, prefills: prompts(), maxTokens: 12, samples: 3, sampling });
    expect(choices.map(({ token_ids: ids }) => ids)).toEqual(local.map(({ tokens }) => Array.from(tokens)));
    expect(choices.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    const { choices: unseeded } = await completions(server, {
      ...request,
      seed: null,
      temperature: 5,
      top_k: 0,
      top_p: 1,
    });
    expect(new Set(unseeded.map(({ text: shown }) => shown)).size).toBeGreaterThan(3);
  });

  it("cuts at the first stop text, tokens and figures after the one that completes it", async () => {
    const request = {
      model: "base",
      prompt: Array.from(text.slice(0, 3)),
      max_tokens: 40,
      temperature: 0,
      return_token_ids: true,
    };
    const { choices: full } = await completions(server, request);
    const shown = full[0]?.text ?? "";
    const stop = shown.slice(12, 15);
    const { choices } = await completions(server, { ...request, stop: ["never this", stop], logprobs: 0 });
    const cut = shown.indexOf(stop);
    expect(choices[0]?.text).toBe(shown.slice(0, cut));
    expect(choices[0]?.finish_reason).toBe("stop");
    const kept = choices[0]?.token_ids ?? [];
    expect(kept).toEqual(full[0]?.token_ids?.slice(0, kept.length));
    expect(decodeText(vocabulary, kept)).toContain(stop);
    expect(decodeText(vocabulary, kept.slice(0, -1))).not.toContain(stop);
    expect(choices[0]?.logprobs?.token_logprobs).toHaveLength(kept.length);
    const { choices: unstopped } = await completions(server, { ...request, stop: "never this" });
    expect(unstopped[0]?.text).toBe(shown);
  });
});

describe("the tokenizer's endpoints", () => {
  const json = async (path: string, body: object) => JSON.parse((await post(server, path, body)).text);

  it("take a text to tokens and back, with and without BOS and special tokens", async () => {
    const prompt = "Bread </s> and 😀";
    const tokens = async (fields: object) => (await json("/tokenize", { model: "spm", ...fields })).tokens as number[];
    const [bos, ...rest] = await tokens({ prompt });
    expect(bos).toBe(1);
    expect(await tokens({ content: prompt })).toEqual(rest);
    expect(await tokens({ prompt, add_special_tokens: false })).toEqual(rest);
    expect(await tokens({ content: prompt, add_special: true })).toEqual([bos, ...rest]);
    expect(rest).toContain(2);
    expect(await tokens({ content: prompt, parse_special: false })).not.toContain(2);
    const back = await json("/detokenize", { model: "spm", tokens: rest });
    expect(back.prompt.trim().replace(/\s+/g, " ")).toBe(prompt);
    expect(back.content).toBe(back.prompt);
  });
});
