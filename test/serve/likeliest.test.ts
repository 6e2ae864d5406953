import { afterAll, beforeAll, expect, it } from "vitest";
import type { LocalEngine, Score, Server } from "#telltale/index.js";
import { NO_HEAD } from "../engine/models.js";
import { completions, figures, openBeside } from "./served.js";

let server: Server;
let engine: LocalEngine;
let text: Int32Array;
beforeAll(async () => {
  ({ server, engine, text } = await openBeside(60));
});
afterAll(async () => {
  await server.close();
  await engine.close();
});

async function scoredAfter(given: number, tokens: Int32Array): Promise<Score> {
  const items = [{ context: tokens.slice(0, given), targets: tokens.slice(given) }];
  for await (const [score] of engine.score({ head: NO_HEAD, items, top: true })) if (score !== undefined) return score;
  throw new Error("Nothing was scored.");
}

it("prompt_logprobs tells the likeliest token by its id, and which of both is first", async () => {
  const prompt = Array.from(text);
  const { choices } = await completions(server, { prompt, max_tokens: 0, prompt_logprobs: 1 });
  const { logprobs, top } = await scoredAfter(1, text);
  for (const [i, told] of (choices[0]?.prompt_logprobs ?? []).entries()) {
    if (i === 0) {
      expect(told).toBeNull();
      continue;
    }
    const [own, likeliest] = [text[i] as number, top?.tokens[i - 1] as number];
    expect(
      Object.keys(told ?? {})
        .map(Number)
        .sort(),
    ).toEqual([...new Set([own, likeliest])].map(Number).sort());
    expect(told?.[own]).toMatchObject({ logprob: logprobs[i - 1], rank: own === likeliest ? 1 : null });
    expect(told?.[likeliest]).toMatchObject({ logprob: top?.logprobs[i - 1], rank: 1 });
  }
});

it("drawn tokens are scored again where the likeliest are asked for, and only there", async () => {
  const request = {
    prompt: Array.from(text.slice(0, 5)),
    max_tokens: 20,
    temperature: 1.5,
    seed: 3,
    return_token_ids: true,
  };
  const { choices: plain } = await completions(server, { ...request, logprobs: 0 });
  const { choices } = await completions(server, { ...request, logprobs: 1 });
  const drawn = choices[0]?.token_ids ?? [];
  expect(drawn).toEqual(plain[0]?.token_ids);
  const { logprobs, top } = await scoredAfter(5, Int32Array.from([...text.slice(0, 5), ...drawn]));
  expect(figures(choices[0], 0)).toEqual(logprobs);
  const told = choices[0]?.logprobs?.top_logprobs ?? [];
  expect(told.map((each) => Math.max(...Object.values(each ?? {})))).toEqual(
    Array.from(top?.logprobs.slice(0, -1) ?? []),
  );
  expect(told.some((each) => Object.keys(each ?? {}).length === 2)).toBe(true);
});

it("one token after a text that is not repeated is generated, as is one after a single token", async () => {
  const request = { max_tokens: 1, temperature: 0, logprobs: 1, return_token_ids: true };
  for (const prompt of [Array.from(text.slice(0, 8)), [text[3]]]) {
    const { choices: after } = await completions(server, { ...request, prompt });
    const { choices: echoed } = await completions(server, { ...request, prompt, echo: true });
    expect(echoed[0]?.token_ids).toEqual(after[0]?.token_ids);
    expect(after[0]?.token_ids).toHaveLength(1);
    expect(echoed[0]?.logprobs?.tokens).toHaveLength(prompt.length + 1);
  }
});
