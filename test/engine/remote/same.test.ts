import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RemoteEngine } from "#telltale/engine/remote/engine.js";
import { itemsOf, MODELS, NO_HEAD, prefillsOf, tokensOf } from "../models.js";
import { type ForeignModel, openForeignModel } from "./foreign-model.js";
import { type Behaviour, type ForeignServer, startForeignServer } from "./foreign-server.js";
import { completionsOf, generatedBy, openRemote, scoresOf } from "./support.js";

const SGLANG = {
  owner: "sglang",
  likeSglang: true,
  ids: { strings: false },
  write: (bytes: Buffer) => bytes.toString("utf8").trimStart(),
};

/** Ways of serving that can be used, and how they are found to be. */
const SERVERS: [name: string, behaviour: Omit<Behaviour, "model">, scoring: string, generation: string][] = [
  ["vLLM", {}, "echo", "token_ids"],
  ["vLLM without echo", { tells: { echo: false } }, "prompt_logprobs", "token_ids"],
  ["an older vLLM, ids written as texts", { ids: { tokenIds: false } }, "echo", "token_id strings"],
  ["SGLang", SGLANG, "echo", "token_ids"],
  ["a server that takes one prompt at a time", { owner: "one", oneByOne: true }, "echo", "token_ids"],
];

let model: ForeignModel;
let tokens: Int32Array;
beforeAll(async () => {
  model = await openForeignModel(MODELS.base);
  tokens = await tokensOf(model.engine, 120);
});
afterAll(() => model.close());

describe.each(SERVERS)("%s", (_, behaviour, scoring, generation) => {
  let server: ForeignServer;
  let engine: RemoteEngine;
  beforeAll(async () => {
    server = await startForeignServer({ ...behaviour, model });
    engine = await openRemote(server.url, MODELS.base);
  });
  afterAll(async () => {
    await engine.close();
    await server.close();
  });

  it("is found to be what it is", () => {
    expect(engine.facts.endpoints).toEqual([
      { url: server.url, server: behaviour.owner ?? "vllm", prompts: "ids", scoring, generation, added: 0 },
    ]);
    expect(engine.facts.model).toEqual({ path: server.url, name: "small", trainedContext: 512 });
    expect(engine.facts.tokenizer).toEqual({
      ...engine.facts.tokenizer,
      path: MODELS.base,
      vocabularySize: model.engine.facts.model.vocabularySize,
    });
  });

  it("scores bit for bit as the engine in this process", async () => {
    const items = itemsOf(tokens, [
      ...[
        [1, 1],
        [2, 5],
        [3, 20],
        [1, 40],
        [9, 3],
      ],
      ...Array.from({ length: 40 }, (_, i) => [1 + (i % 5), 2 + (i % 11)]),
    ] as [number, number][]);
    for (const head of [NO_HEAD, tokens.slice(50, 57)]) {
      expect(await scoresOf(engine, { head, items })).toEqual(await scoresOf(model.engine, { head, items }));
    }
    const bare = items.map(({ targets }) => ({ context: NO_HEAD, targets }));
    const head = tokens.slice(3, 8);
    expect(await scoresOf(engine, { head, items: bare })).toEqual(await scoresOf(model.engine, { head, items: bare }));
  });

  it("generates bit for bit as the engine in this process", async () => {
    const prefills = prefillsOf(tokens, 37);
    for (const head of [NO_HEAD, tokens.slice(50, 57)]) {
      const request = { head, prefills, maxTokens: 24 };
      expect(await completionsOf(engine, request)).toEqual(await completionsOf(model.engine, request));
    }
  });

  it("draws the same again, and something else for another place, sample or seed", async () => {
    const prefills = [tokens.slice(0, 3), tokens.slice(0, 3)];
    const draw = async (seed: number, firstPrefill = 0): Promise<string[]> => {
      const request = { head: NO_HEAD, prefills, maxTokens: 12, samples: 2, sampling: { seed }, firstPrefill };
      return (await generatedBy(engine, request)).map(({ tokens }) => tokens.join(" "));
    };
    const first = await draw(1);
    expect(await draw(1)).toEqual(first);
    expect(new Set([...first, ...(await draw(2))]).size).toBe(8);
    expect((await draw(1, 1)).slice(0, 2)).toEqual(first.slice(2));
  });
});

describe("two endpoints of one model", () => {
  it("share the work, and give the figures of one", async () => {
    const servers = await Promise.all([startForeignServer({ model }), startForeignServer({ model })]);
    const engine = await openRemote(
      servers.map(({ url }) => url),
      MODELS.base,
      { itemsRequest: 2, concurrency: 2 },
    );
    const items = itemsOf(
      tokens,
      Array.from({ length: 50 }, (_, i) => [1 + (i % 3), 3] as const),
    );
    const before = servers.map(({ received }) => received.length);
    expect(await scoresOf(engine, { head: NO_HEAD, items })).toEqual(
      await scoresOf(model.engine, { head: NO_HEAD, items }),
    );
    const asked = servers.map(({ received }, i) => received.length - (before[i] ?? 0));
    expect(asked.reduce((sum, each) => sum + each, 0)).toBe(25);
    expect(Math.min(...asked)).toBeGreaterThan(5);
    await engine.close();
    for (const server of servers) await server.close();
  });
});
