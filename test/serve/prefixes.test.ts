import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LocalEngine, Server } from "#telltale/index.js";
import { generated, NO_HEAD, scored } from "../engine/models.js";
import { ask, completions, figures, openBeside, openSmall, refusal } from "./served.js";

let server: Server;
let engine: LocalEngine;
let text: Int32Array;
beforeAll(async () => {
  ({ server, engine, text } = await openBeside(250));
});
afterAll(async () => {
  await server.close();
  await engine.close();
});

const SCORE = { model: "base", max_tokens: 0, echo: true, logprobs: 0 };

async function count(of: string, at: Pick<Server, "url"> = server): Promise<number> {
  const { text: metrics } = await ask(at, "/metrics");
  return Number(new RegExp(`^${of}\\{model="base"\\} (\\S+)$`, "m").exec(metrics)?.[1]);
}

/** Prompts of a common beginning and some tokens of their own. */
function prompts(common: number, own: readonly number[]): Int32Array[] {
  return own.map((length, i) => Int32Array.from([...text.slice(0, common), ...text.slice(100 + i, 100 + i + length)]));
}

describe("prefix_tokens", () => {
  it.each([
    ["short", 20, [5, 9, 30, 3, 17]],
    ["long", 90, [5, 70, 30, 110, 64, 65, 66]],
  ] as const)("gives the bits of a scoring in process with that head: %s", async (_, head, own) => {
    const given = prompts(head, own);
    const hits = await count("telltale_prefix_hits_total");
    const { choices } = await completions(server, {
      ...SCORE,
      prompt: given.map((ids) => Array.from(ids)),
      prefix_tokens: head,
    });
    const items = given.map((ids) => ({ context: ids.slice(head, head + 1), targets: ids.slice(head + 1) }));
    const local = await scored(engine, { head: text.slice(0, head), items });
    for (const choice of choices) {
      expect(choice.logprobs?.token_logprobs.slice(0, head + 1)).toEqual(new Array(head + 1).fill(null));
    }
    expect(choices.map((choice) => figures(choice, head + 1))).toEqual(local);
    expect(await count("telltale_prefix_hits_total")).toBe(hits + own.length);
    // An item's bits do not depend on how many of its tokens are scored: the head is what it must share.
    const fewer = items.map(({ context, targets }) => ({
      context: Int32Array.from([...context, ...targets.slice(0, 1)]),
      targets: targets.slice(1),
    }));
    const later = await scored(engine, { head: text.slice(0, head), items: fewer });
    expect(choices.map((choice) => figures(choice, head + 2))).toEqual(later);
  });

  it("gives the completions of that head", async () => {
    const given = prompts(70, [3, 3, 0, 5]);
    const { choices } = await completions(server, {
      model: "base",
      prompt: given.map((ids) => Array.from(ids)),
      prefix_tokens: 70,
      max_tokens: 10,
      temperature: 0,
      logprobs: 0,
    });
    const local = await generated(engine, {
      head: text.slice(0, 70),
      prefills: given.map((ids) => ids.slice(70)),
      maxTokens: 10,
    });
    expect(choices.map((choice) => figures(choice, 0))).toEqual(local.map(({ logprobs }) => logprobs));
  });

  it("is refused where a prompt is shorter, or begins otherwise", async () => {
    const prompt = [Array.from(text.slice(0, 9)), Array.from(text.slice(0, 5))];
    expect(await refusal(server, { ...SCORE, prompt, prefix_tokens: 6 })).toMatchObject({
      status: 400,
      param: "prefix_tokens",
      message: "prefix_tokens is 6, but prompt 1 has 5 tokens only.",
    });
    const other = [prompt[0], Array.from(text.slice(1, 9))];
    expect(await refusal(server, { ...SCORE, prompt: other, prefix_tokens: 2 })).toMatchObject({
      status: 400,
      param: "prefix_tokens",
    });
    const { choices } = await completions(server, { ...SCORE, prompt, prefix_tokens: 5 });
    expect(choices[1]?.logprobs?.token_logprobs).toEqual([null, null, null, null, null]);
  });
});

describe("a beginning that nobody named", () => {
  const asked = (given: readonly Int32Array[]) => ({ ...SCORE, prompt: given.map((ids) => Array.from(ids)) });
  const whole = (ids: Int32Array) => ({ context: ids.slice(0, 1), targets: ids.slice(1) });

  it("is decoded once, and every one of its tokens has a figure: the same bits where items are short", async () => {
    const given = prompts(40, [5, 9, 20, 3, 17, 11, 1, 12]);
    const before = await count("telltale_prefix_tokens_total");
    const { choices } = await completions(server, asked(given));
    expect(await count("telltale_prefix_tokens_total")).toBeGreaterThan(before);
    const local = await scored(engine, { head: NO_HEAD, items: given.map(whole) });
    expect(choices.map((choice) => figures(choice))).toEqual(local);
  });

  it("moves long items as little as llama.cpp's rounding does, and is kept for the requests after", async () => {
    const given = prompts(90, [70, 70, 80, 100, 65, 90, 20, 12]);
    const { choices } = await completions(server, asked(given));
    const local = await scored(engine, { head: NO_HEAD, items: given.map(whole) });
    for (const [i, choice] of choices.entries()) {
      const shared = figures(choice);
      expect(shared).toHaveLength(local[i]?.length ?? -1);
      const moved = shared.map((figure, at) => Math.abs(figure - (local[i]?.[at] as number)));
      expect(Math.max(...moved)).toBeLessThan(0.3);
      expect(moved.reduce((sum, by) => sum + by, 0) / moved.length).toBeLessThan(0.03);
    }
    const hits = await count("telltale_prefix_hits_total");
    const one = await completions(server, asked(given.slice(0, 1)));
    expect(await count("telltale_prefix_hits_total")).toBe(hits + 1);
    expect(figures(one.choices[0])).toEqual(figures(choices[0]));
  });

  it("is shared in generating, too", async () => {
    const given = prompts(45, [3, 9, 4, 8]);
    const hits = await count("telltale_prefix_hits_total");
    const request = { model: "base", max_tokens: 10, temperature: 0, logprobs: 0, return_token_ids: true };
    const { choices } = await completions(server, { ...request, prompt: given.map((ids) => Array.from(ids)) });
    expect(await count("telltale_prefix_hits_total")).toBe(hits + 4);
    const local = await generated(engine, { head: NO_HEAD, prefills: given, maxTokens: 10 });
    expect(choices.map(({ token_ids: ids }) => ids)).toEqual(local.map(({ tokens }) => Array.from(tokens)));
  });

  it("is left alone where a request says 0, or the server was told so", async () => {
    const given = prompts(90, [70, 70, 80, 100, 65, 90]);
    const local = await scored(engine, { head: NO_HEAD, items: given.map(whole) });
    const hits = await count("telltale_prefix_hits_total");
    const { choices } = await completions(server, { ...asked(given), prefix_tokens: 0 });
    expect(choices.map((choice) => figures(choice))).toEqual(local);
    expect(await count("telltale_prefix_hits_total")).toBe(hits);
    const { server: plain } = await openSmall({ sharePrefixes: false });
    const unshared = await completions(plain, asked(given));
    expect(unshared.choices.map((choice) => figures(choice))).toEqual(local);
    expect(await count("telltale_prefix_hits_total", plain)).toBe(0);
    await plain.close();
  });
});
