import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openServer, type Server } from "#telltale/index.js";
import { MODELS, rejection, SMALL } from "../engine/models.js";
import { ask, openSmall } from "./served.js";

const TOKEN = "0123456789abcdef-token";

describe("a server on loopback without a token", () => {
  let server: Server;
  beforeAll(async () => {
    ({ server } = await openSmall());
  });
  afterAll(() => server.close());

  it.each(["localhost", "127.0.0.1", "127.8.9.1:99", "[::1]:80", "LOCALHOST:1"])(
    "answers to the name %s",
    async (host) => {
      expect((await ask(server, "/v1/models", { headers: { host } })).status).toBe(200);
    },
  );

  it.each(["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "10.0.0.1", "127.evil"])(
    "does not answer to the name %j, which a page may have led here",
    async (host) => {
      const { status, text } = await ask(server, "/v1/models", { headers: { host } });
      expect(status).toBe(403);
      expect(JSON.parse(text).error.code).toBe("wrong_host");
    },
  );

  it("refuses pages of other sites, and allows none of them to read", async () => {
    const own = `http://127.0.0.1:${server.port}`;
    const from = (origin: string) => ask(server, "/v1/models", { headers: { origin } });
    expect((await from(own)).status).toBe(200);
    for (const origin of ["http://evil.example", "null", "http://127.0.0.1:1", "nonsense"]) {
      expect((await from(origin)).status).toBe(403);
    }
    const { status, headers } = await ask(server, "/v1/completions", {
      method: "OPTIONS",
      headers: { origin: own, "access-control-request-method": "POST" },
    });
    expect(status).toBe(405);
    expect(Object.keys(headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
  });

  it("says what it is and what it has, and nothing of where its files lie", async () => {
    const { headers, text } = await ask(server, "/v1/models");
    expect(headers.server).toBe("telltale");
    expect(JSON.parse(text)).toMatchObject({
      object: "list",
      data: [{ id: "base", object: "model", owned_by: "telltale", max_model_len: 256 }],
    });
    const { text: info } = await ask(server, "/tokenizer_info");
    expect(JSON.parse(info).eos_token).toEqual(expect.any(String));
    const { text: vocabulary } = await ask(server, "/vocabulary?model=base");
    for (const answer of [text, info, vocabulary]) expect(answer).not.toContain("models/");
  });

  it("gives the whole vocabulary", async () => {
    const { text } = await ask(server, "/vocabulary?model=base");
    const told = JSON.parse(text) as {
      schema: string;
      bytes: string;
      offsets: string;
      attributes: string;
      facts: object;
    };
    const bytes = Buffer.from(told.bytes, "base64");
    const offsets = Buffer.from(told.offsets, "base64");
    const size = server.models[0]?.facts.model.vocabularySize ?? -1;
    expect(told.schema).toBe("telltale.vocabulary/1");
    expect(offsets).toHaveLength(4 * (size + 1));
    expect(offsets.readUInt32LE(4 * size)).toBe(bytes.length);
    expect(Buffer.from(told.attributes, "base64")).toHaveLength(4 * size);
    const { vocabularyType, bos, eos, eot, addBos, chatTemplate } = server.models[0]?.facts.model ?? {};
    expect(told.facts).toEqual({ vocabularySize: size, vocabularyType, bos, eos, eot, addBos, chatTemplate });
    const token = (id: number) =>
      bytes.subarray(offsets.readUInt32LE(4 * id), offsets.readUInt32LE(4 * id + 4)).toString();
    const { text: piece } = await ask(server, "/detokenize", { method: "POST", body: '{"tokens":[607]}' });
    expect(token(607)).toBe(JSON.parse(piece).content);
  });
});

describe("a server with a token", () => {
  let server: Server;
  beforeAll(async () => {
    ({ server } = await openSmall({ token: TOKEN, host: "0.0.0.0" }));
  });
  afterAll(() => server.close());

  it("answers who has it, and everybody that it is there", async () => {
    const status = async (path: string, authorization?: string) =>
      (await ask(server, path, { headers: authorization === undefined ? {} : { authorization } })).status;
    expect(await status("/v1/models", `Bearer ${TOKEN}`)).toBe(200);
    expect(await status("/health")).toBe(200);
    for (const path of ["/v1/models", "/v1/completions", "/vocabulary", "/metrics", "/tokenizer_info", "/nothing"]) {
      for (const wrong of [
        undefined,
        "",
        "Bearer",
        `Bearer ${TOKEN}x`,
        `Bearer ${TOKEN.slice(1)}`,
        TOKEN,
        `Basic ${TOKEN}`,
      ]) {
        expect(await status(path, wrong)).toBe(401);
      }
    }
    const { headers, text } = await ask(server, "/v1/models");
    expect(headers["www-authenticate"]).toBe("Bearer");
    expect(JSON.parse(text).error).toMatchObject({ type: "authentication_error", code: "invalid_api_key" });
  });
});

describe("wrong options", () => {
  const models = [{ id: "base", path: MODELS.base }];
  it.each([
    ["another address without a token", { host: "0.0.0.0" }, /needs a token/],
    ["every address without a token", { host: "::" }, /needs a token/],
    ["a short token", { token: "short" }, /token: at least 16/],
    ["a token with a space", { token: "0123456789 abcdef" }, /token/],
    ["two models of one name", { models: [...models, ...models] }, /same name/],
    ["no model", { models: [] }, /models/],
    ["an address that is not here", { host: "localhost.invalid", token: TOKEN }, /cannot listen/],
  ])("%s are refused", async (_, options, sentence) => {
    const error = await rejection(() => openServer({ models, context: SMALL, ...options }));
    expect(error).toMatchObject({ code: "BAD_ARGUMENT", message: expect.stringMatching(sentence) });
  });

  it("are a port that is taken, too", async () => {
    const { server } = await openSmall();
    const error = await rejection(() => openServer({ models, context: SMALL, port: server.port }));
    expect(error).toMatchObject({ code: "BAD_ARGUMENT", message: expect.stringContaining("EADDRINUSE") });
    await server.close();
  });
});
