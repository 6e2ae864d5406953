import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LocalEngine } from "#telltale/engine/engine.js";
import { openNativeEngines } from "#telltale/engine/native/engine.js";
import type { RemoteEngine } from "#telltale/engine/remote/engine.js";
import { openServer, type Server } from "#telltale/serve/server.js";
import { itemsOf, MODELS, NO_HEAD, prefillsOf, rejection, TEXT, tokensOf } from "../models.js";
import { completionsOf, generatedBy, openRemote, scoresOf } from "./support.js";

const CONTEXT = { threads: 1, sequences: 16, contextSequence: 256 };

function serve(path: string): Promise<Server> {
  return openServer({ models: [{ id: "served", path }], context: CONTEXT, inProcess: true });
}

describe.each([
  ["byte-pair tokens", MODELS.base],
  ["SentencePiece tokens", MODELS.baseB],
])("a Telltale server: %s", (_, path) => {
  let server: Server;
  let local: LocalEngine;
  let remote: RemoteEngine;
  let tokens: Int32Array;
  beforeAll(async () => {
    server = await serve(path);
    [local] = (await openNativeEngines({ path }, [CONTEXT])) as [LocalEngine];
    remote = await openRemote(server.url, null, { itemsRequest: 5 });
    tokens = await tokensOf(local, 200);
  });
  afterAll(async () => {
    await remote.close();
    await server.close();
    await local.close();
  });

  it("tells its vocabulary: no file is needed", async () => {
    expect(remote.facts.tokenizer).toMatchObject({
      path: `${server.url}/v1`,
      vocabularySize: local.facts.model.vocabularySize,
      chatTemplate: local.facts.model.chatTemplate,
      bos: local.facts.model.bos,
    });
    expect(remote.facts.model.trainedContext).toBe(local.facts.context.nCtxSequence);
    const [theirs, ours] = [await remote.vocabulary(), await local.vocabulary()];
    expect(Buffer.compare(theirs.bytes, ours.bytes)).toBe(0);
    expect([...theirs.offsets]).toEqual([...ours.offsets]);
    expect([...theirs.attributes]).toEqual([...ours.attributes]);
    const texts = [TEXT, "", "<|im_end|> \u5317\u4eac \u{1f389}", " x"];
    for (const options of [{}, { parseSpecial: true }, { addSpecial: true }]) {
      expect(await remote.tokenize(texts, options)).toEqual(await local.tokenize(texts, options));
    }
    const sequences = [tokens, NO_HEAD];
    const bytes = async (engine: Pick<LocalEngine, "detokenize">): Promise<string[]> =>
      (await engine.detokenize(sequences)).map((each) => Buffer.from(each).toString("hex"));
    expect(await bytes(remote)).toEqual(await bytes(local));
  });

  it("gives the figures of the engine in this process, bit for bit, with heads of any length", async () => {
    const shapes = Array.from({ length: 40 }, (_, i) => [i % 4, 1 + ((i * 5) % 23)] as const);
    for (const length of [1, 7, 70, 130]) {
      const request = { head: tokens.slice(0, length), items: itemsOf(tokens, shapes) };
      expect(await scoresOf(remote, request)).toEqual(await scoresOf(local, request));
      const asked = { head: tokens.slice(0, length), prefills: prefillsOf(tokens, 17), maxTokens: 20 };
      expect(await completionsOf(remote, asked)).toEqual(await completionsOf(local, asked));
    }
  });

  it("draws the same again", async () => {
    const request = {
      head: NO_HEAD,
      prefills: prefillsOf(tokens, 3),
      maxTokens: 9,
      samples: 2,
      sampling: { seed: 4, topK: 50 },
    };
    const first = await completionsOf(remote, request);
    expect(await completionsOf(remote, request)).toEqual(first);
    expect(new Set((await generatedBy(remote, request)).map((each) => each.tokens.join())).size).toBe(6);
  });

  it("refuses what it could not hold, before anything is sent", async () => {
    const long = { head: NO_HEAD, prefills: [tokens], maxTokens: 100 };
    expect(await rejection(() => completionsOf(remote, long))).toMatchObject({
      code: "BAD_ARGUMENT",
      message: expect.stringMatching(/200 tokens, and up to 100 more were asked for: the servers take 256 together/),
    });
    const items = [{ context: Int32Array.from([...tokens, ...tokens]), targets: tokens.slice(0, 1) }];
    expect(await rejection(() => scoresOf(remote, { head: NO_HEAD, items }))).toMatchObject({ code: "BAD_ARGUMENT" });
    for (const bad of [
      { context: NO_HEAD, targets: tokens.slice(0, 2) },
      { context: tokens, targets: NO_HEAD },
    ]) {
      expect(await rejection(() => scoresOf(remote, { head: NO_HEAD, items: [bad] }))).toMatchObject({
        code: "BAD_ARGUMENT",
      });
    }
  });
});

it("one of two Telltale servers that closes in the middle is done without", async () => {
  const servers = [await serve(MODELS.base), await serve(MODELS.base)];
  const [local] = (await openNativeEngines({ path: MODELS.base }, [CONTEXT])) as [LocalEngine];
  const remote = await openRemote(
    servers.map(({ url }) => url),
    null,
    { itemsRequest: 2, concurrency: 2 },
  );
  const tokens = await tokensOf(local, 120);
  const request = {
    head: NO_HEAD,
    items: itemsOf(
      tokens,
      Array.from({ length: 80 }, (_, i) => [1 + (i % 3), 9] as const),
    ),
  };
  const expected = await scoresOf(local, request);
  const found: string[] = [];
  let closing: Promise<void> | undefined;
  for await (const batch of remote.score(request)) {
    closing ??= servers[0]?.close();
    for (const { item, logprobs } of batch) {
      expect(found[item]).toBeUndefined();
      found[item] = logprobs.join(" ");
    }
  }
  expect(found).toEqual(expected);
  await closing;
  await remote.close();
  for (const server of servers) await server.close();
  await local.close();
});
