import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeText, type LocalEngine, type Server } from "#telltale/index.js";
import { generated, NO_HEAD, TEXT } from "../engine/models.js";
import { ask, type Choice, type Completions, completions, openBeside, post } from "./served.js";

// What the `local-completions` model of lm-evaluation-harness sends and how it reads the answers, as published in 2026.

let server: Server;
let engine: LocalEngine;
let text: Int32Array;
beforeAll(async () => {
  ({ server, engine, text } = await openBeside(200));
});
afterAll(async () => {
  await server.close();
  await engine.close();
});

const likelihoods = (prompt: unknown) => ({
  model: "base",
  prompt,
  temperature: 0,
  max_tokens: 1,
  logprobs: 1,
  seed: 1234,
  echo: true,
});

/** A choice's sum over the tokens after the context, the one generated token left out, and whether all of them were likeliest. */
function readLikelihood({ logprobs }: Choice, contextLength: number): { sum: number; greedy: boolean } {
  const figures = (logprobs?.token_logprobs ?? []).slice(contextLength, -1);
  const tops = (logprobs?.top_logprobs ?? []).slice(contextLength, -1);
  const greedy = figures.every((figure, i) => figure === Math.max(...Object.values(tops[i] ?? {})));
  return { sum: figures.reduce<number>((sum, figure) => sum + (figure ?? Number.NaN), 0), greedy };
}

const byIndex = ({ choices }: Completions): Choice[] => [...choices].sort((a, b) => a.index - b.index);

/** What follows 12 tokens by greedy decoding, in the arithmetic of a scoring: each token by a scoring of its own. */
async function likeliest(context: Int32Array, count: number): Promise<Int32Array> {
  let all = context;
  for (let i = 0; i < count; i += 1) {
    for await (const [score] of engine.score({
      head: NO_HEAD,
      items: [{ context: all.slice(0, 1), targets: all.slice(1) }],
      top: true,
    })) {
      all = Int32Array.from([...all, score?.top?.tokens.at(-1) as number]);
    }
  }
  return all.slice(context.length);
}

describe("log-likelihoods", () => {
  const shapes = [
    [12, 5],
    [3, 9],
    [1, 4],
    [30, 1],
    [40, 60],
  ] as const;
  const request = (i: number, [context, continuation]: readonly [number, number]) =>
    text.slice(7 * i, 7 * i + context + continuation);

  it.each([1, 5])("are the engine's, %d prompts of token ids a request", async (batch) => {
    const prompts = shapes.map((shape, i) => request(i, shape));
    const choices: Choice[] = [];
    for (let i = 0; i < prompts.length; i += batch) {
      const sent = prompts.slice(i, i + batch).map((ids) => Array.from(ids));
      choices.push(...byIndex(await completions(server, likelihoods(sent))));
    }
    const items = prompts.map((ids) => ({ context: ids.slice(0, 1), targets: ids.slice(1) }));
    for await (const scores of engine.score({ head: NO_HEAD, items, top: true })) {
      for (const { item, logprobs, top } of scores) {
        const [context] = shapes[item] as readonly [number, number];
        const own = logprobs.slice(context - 1);
        const sum = own.reduce((all, logprob) => all + logprob, 0);
        const greedy = own.every((_, i) => top?.tokens[context - 1 + i] === prompts[item]?.[context + i]);
        expect(readLikelihood(choices[item] as Choice, context)).toEqual({ sum, greedy });
        expect(choices[item]?.logprobs?.token_logprobs).toHaveLength((prompts[item]?.length ?? 0) + 1);
        // The generated token is what comes after the text, and is known from scoring it.
        expect(choices[item]?.logprobs?.token_logprobs.at(-1)).toBe(top?.logprobs.at(-1));
        const next = top?.tokens.slice(-1) ?? NO_HEAD;
        expect(choices[item]?.text).toBe(decodeText(await engine.vocabulary(), [...(prompts[item] ?? []), ...next]));
      }
    }
  });

  it("are decoded once, and tell a greedy continuation from another one", async () => {
    const context = text.slice(20, 32);
    const greedy = await likeliest(context, 6);
    const other = Int32Array.from(greedy);
    other[3] = (other[3] as number) === 500 ? 501 : 500;
    const jobs = async () =>
      /^telltale_engine_items_total\{model="base"\} (\d+)$/m.exec((await ask(server, "/metrics")).text)?.[1];
    const before = Number(await jobs());
    const sent = [greedy, other].map((continuation) => [...context, ...continuation]);
    const choices = byIndex(await completions(server, likelihoods(sent)));
    expect(choices.map((choice) => readLikelihood(choice, 12).greedy)).toEqual([true, false]);
    expect(Number(await jobs()) - before).toBe(2);
  });

  it("come with a few-shot beginning in common, which is decoded once, for every token", async () => {
    const shots = text.slice(0, 90);
    const sent = Array.from({ length: 12 }, (_, i) => [...shots, ...text.slice(100 + 3 * i, 106 + 3 * i)]);
    const answers = await Promise.all(sent.map((prompt) => completions(server, likelihoods([prompt]))));
    const alone = await Promise.all(
      sent.map((prompt) => completions(server, { ...likelihoods([prompt]), prefix_tokens: 0 })),
    );
    const hits = /^telltale_prefix_hits_total\{model="base"\} (\d+)$/m.exec((await ask(server, "/metrics")).text)?.[1];
    expect(Number(hits)).toBeGreaterThan(6);
    for (const [i, answer] of answers.entries()) {
      const [shared, plain] = [answer.choices[0] as Choice, alone[i]?.choices[0] as Choice];
      expect(shared.logprobs?.tokens.slice(0, -1)).toEqual(plain.logprobs?.tokens.slice(0, -1));
      expect(shared.logprobs?.token_logprobs.indexOf(null, 1)).toBe(-1);
      expect(shared.logprobs?.top_logprobs?.indexOf(null, 1)).toBe(-1);
      const [of, expected] = [readLikelihood(shared, 90), readLikelihood(plain, 90)];
      expect(Math.abs(of.sum - expected.sum)).toBeLessThan(0.3);
      for (const [at, figure] of (shared.logprobs?.token_logprobs ?? []).entries()) {
        const tops = Object.values(shared.logprobs?.top_logprobs?.[at] ?? {});
        if (figure !== null) expect(Math.max(...tops)).toBeGreaterThanOrEqual(figure);
      }
    }
  });

  it("can be asked for as text", async () => {
    const [one, two] = [TEXT.slice(0, 60), TEXT.slice(60, 130)];
    const single = await completions(server, likelihoods(one));
    const several = byIndex(await completions(server, likelihoods([one, two])));
    expect(several[0]?.logprobs).toEqual(single.choices[0]?.logprobs);
    const [tokens] = (await engine.tokenize([two], { addSpecial: true })) as [Int32Array];
    expect(several[1]?.logprobs?.tokens).toHaveLength(tokens.length + 1);
  });
});

it("generations end at one of the stop texts, the end of the vocabulary among them", async () => {
  const prefills = [text.slice(0, 6), text.slice(30, 40)];
  const { choices } = await completions(server, {
    prompt: prefills.map((ids) => Array.from(ids)),
    model: "base",
    max_tokens: 40,
    temperature: 0,
    stop: ["\n", "</s>"],
    seed: 1234,
  });
  const local = await generated(engine, { head: NO_HEAD, prefills, maxTokens: 40 });
  const vocabulary = await engine.vocabulary();
  const texts: (string | null)[] = [null, null];
  for (const { index, text: told } of choices) texts[index] = told;
  const whole = local.map(({ tokens }) => decodeText(vocabulary, tokens));
  expect(texts).toEqual(whole.map((each) => each.split("\n")[0]));
});

it("the remote tokenizer has what it asks for", async () => {
  const info = JSON.parse((await ask(server, "/tokenizer_info")).text) as {
    eos_token: string;
    bos_token: string | null;
  };
  const encode = async (prompt: string): Promise<number[]> =>
    JSON.parse((await post(server, "/tokenize", { prompt, add_special_tokens: false })).text).tokens;
  expect(await encode(info.eos_token)).toEqual([engine.facts.model.eos]);
  const tokens = await encode(TEXT);
  expect(tokens).toEqual(Array.from(((await engine.tokenize([TEXT])) as [Int32Array])[0]));
  expect(JSON.parse((await post(server, "/detokenize", { tokens })).text).prompt).toBe(TEXT);
});
