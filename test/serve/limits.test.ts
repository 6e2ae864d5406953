import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Server } from "#telltale/index.js";
import { eventually } from "../engine/scripts.js";
import { ask, completions, openSmall, post, refusal } from "./served.js";

const LIMITS = { bodyBytes: 20_000, prompts: 8, requestTokens: 1500, queue: 4, headerSeconds: 1, bodySeconds: 1 };
let server: Server;
beforeAll(async () => {
  ({ server } = await openSmall({ limits: LIMITS }));
});
afterAll(() => server.close());

/** Sends bytes on a connection of their own; resolves with all that comes back before it ends. */
function raw({ host, port }: Server, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, host, () => socket.write(bytes));
    let answer = "";
    socket.on("data", (data: Buffer) => {
      answer += data.toString();
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(answer));
  });
}

describe("a field that cannot be followed is named and refused", () => {
  it.each([
    [{ stream: true }, "stream"],
    [{ suffix: "x" }, "suffix"],
    [{ best_of: 2 }, "best_of"],
    [{ logit_bias: { 5: 1 } }, "logit_bias"],
    [{ presence_penalty: 0.5 }, "presence_penalty"],
    [{ frequency_penalty: -1 }, "frequency_penalty"],
    [{ stop_token_ids: [1] }, "stop_token_ids"],
    [{ max_token: 4 }, "max_token"],
    [{ __proto__: null, constructor: 4 }, "constructor"],
    [{ logprobs: 2 }, "logprobs"],
    [{ logprobs: true }, "logprobs"],
    [{ prompt_logprobs: 5 }, "prompt_logprobs"],
    [{ temperature: -1 }, "temperature"],
    [{ temperature: "0" }, "temperature"],
    [{ temperature: 1e-4 }, "temperature"],
    [{ top_p: 0 }, "top_p"],
    [{ top_k: 1.5 }, "top_k"],
    [{ min_p: 2 }, "min_p"],
    [{ seed: -1 }, "seed"],
    [{ n: 0 }, "n"],
    [{ n: 2, temperature: 0 }, "n"],
    [{ max_tokens: -1 }, "max_tokens"],
    [{ max_tokens: 1e300 }, "max_tokens"],
    [{ stop: "" }, "stop"],
    [{ stop: [1] }, "stop"],
    [{ echo: "yes" }, "echo"],
    [{ prefix_tokens: -1 }, "prefix_tokens"],
    [{ prompt: null }, "prompt"],
    [{ prompt: [] }, "prompt"],
    [{ prompt: {} }, "prompt"],
    [{ prompt: [[]] }, "prompt"],
    [{ prompt: "" }, "prompt"],
    [{ prompt: ["a", [1]] }, "prompt"],
    [{ prompt: [[1], "a"] }, "prompt"],
    [{ prompt: [1, "a"] }, "prompt"],
    [{ prompt: [1, -1] }, "prompt"],
    [{ prompt: [1, 4096] }, "prompt"],
    [{ prompt: [1.5] }, "prompt"],
    [{ prompt: new Array(9).fill("a") }, "prompt"],
    [{ model: 5 }, "model"],
  ])("%j", async (fields, param) => {
    const answer = await refusal(server, { model: "base", prompt: [5, 6], max_tokens: 2, ...fields });
    expect(answer).toMatchObject({ status: 400, param });
    expect(answer.message).toContain(param);
  });

  it("but not what asks for nothing", async () => {
    const neutral = {
      ...{ stream: false, suffix: null, best_of: 1, logit_bias: {}, presence_penalty: 0, frequency_penalty: 0.0 },
      ...{ user: "somebody", seed: 1234, stop: [], stop_token_ids: [], n: null, skip_special_tokens: false },
    };
    const { choices } = await completions(server, { prompt: [5, 6], max_tokens: 2, temperature: 0, ...neutral });
    expect(choices).toHaveLength(1);
  });
});

describe("limits", () => {
  it("on a prompt and its completion tell OpenAI's code", async () => {
    const long = { status: 400, code: "context_length_exceeded", param: "prompt" };
    expect(await refusal(server, { prompt: new Array(257).fill(5), max_tokens: 0 })).toMatchObject(long);
    expect(await refusal(server, { prompt: new Array(250).fill(5), max_tokens: 7 })).toMatchObject(long);
    expect(await refusal(server, { prompt: "a ".repeat(9000), max_tokens: 0 })).toMatchObject(long);
    expect(await refusal(server, { prompt: "a b c d e ".repeat(60), max_tokens: 0 })).toMatchObject(long);
    const { choices } = await completions(server, {
      prompt: new Array(250).fill(5),
      max_tokens: 6,
      echo: true,
      logprobs: 0,
    });
    expect(choices[0]?.logprobs?.token_logprobs.length).toBeGreaterThan(250);
    const full = { prompt: new Array(256).fill(5), max_tokens: 0, echo: true, logprobs: 0 };
    expect((await completions(server, full)).choices[0]?.logprobs?.token_logprobs).toHaveLength(256);
  });

  it("on all the tokens of a request, and on its size", async () => {
    const request = { prompt: new Array(8).fill(new Array(200).fill(5)), max_tokens: 0 };
    expect(await refusal(server, request)).toMatchObject({ status: 400, param: "prompt" });
    expect(await refusal(server, { prompt: "a", max_tokens: 200, n: 8 })).toMatchObject({
      status: 400,
      param: "prompt",
    });
    expect(await refusal(server, { prompt: "a".repeat(20_000) })).toMatchObject({
      status: 413,
      code: "body_too_large",
    });
    const { status } = await ask(server, "/v1/completions", {
      method: "POST",
      headers: { "transfer-encoding": "chunked" },
      body: Buffer.alloc(30_000, " "),
    });
    expect(status).toBe(413);
  });

  it("on its texts, and on values of any kind in a large body", async () => {
    const text = "word ".repeat(1300);
    expect(await refusal(server, { prompt: text }, "/tokenize")).toMatchObject({ status: 400, param: "prompt" });
    expect(await refusal(server, { content: text }, "/tokenize")).toMatchObject({ status: 400, param: "content" });
    expect(await refusal(server, { prompt: new Array(8).fill(text.slice(0, 800)) })).toMatchObject({
      status: 400,
      param: "prompt",
    });
    const { server: roomy } = await openSmall({ limits: { prompts: 8, requestTokens: 1500 } });
    for (const value of ["[]", "{}", '""', "1", '"\\""', '{"a":[]}']) {
      const body = `{"prompt":[${new Array(300_000).fill(value).join(",")}]}`;
      expect(await refusal(roomy, body)).toMatchObject({ status: 400, code: "body_too_heavy" });
    }
    // What looks like values within a text is none.
    const within = JSON.stringify({ prompt: '[{,"'.repeat(100_000) });
    expect(await refusal(roomy, within)).toMatchObject({ status: 400, param: "prompt" });
    await roomy.close();
  });

  it("on what waits: 429 with Retry-After, and nothing of it runs", async () => {
    const request = { prompt: new Array(4).fill([5, 6, 7]), max_tokens: 100, temperature: 0 };
    const answers = await Promise.all(Array.from({ length: 12 }, () => post(server, "/v1/completions", request)));
    const statuses = answers.map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
    const refused = answers.filter(({ status }) => status === 429);
    for (const { headers, text } of refused) {
      expect(headers["retry-after"]).toBe("1");
      expect(JSON.parse(text).error).toMatchObject({ code: "queue_full", type: "rate_limit_error" });
    }
  });
});

describe("what is no request of this form", () => {
  it.each(["", "{", "nonsense", "[]", "5", "null", '"a"', '{"prompt":"a"'])("%j", async (body) => {
    expect((await refusal(server, body)).status).toBe(400);
  });

  it("may be nested as deep as it likes", async () => {
    expect((await refusal(server, "[".repeat(15_000))).status).toBe(400);
    const deep = `{"prompt":${"[".repeat(7000)}${"]".repeat(7000)}}`;
    expect(await refusal(server, deep)).toMatchObject({ status: 400, param: "prompt" });
  });

  it("has a status of its own", async () => {
    expect((await ask(server, "/v1/nothing")).status).toBe(404);
    expect((await ask(server, "/__proto__")).status).toBe(404);
    expect((await ask(server, "/v1/completions")).status).toBe(405);
    expect((await post(server, "/health", {})).status).toBe(405);
    expect(await refusal(server, { model: "other", prompt: "a" })).toMatchObject({
      status: 404,
      code: "model_not_found",
    });
    expect(await refusal(server, { tokens: [1, 4096] }, "/detokenize")).toMatchObject({ status: 400, param: "tokens" });
    expect(await refusal(server, { tokens: "a" }, "/detokenize")).toMatchObject({ status: 400, param: "tokens" });
    expect(await refusal(server, {}, "/tokenize")).toMatchObject({ status: 400, param: "prompt" });
    expect((await ask(server, "/vocabulary?model=other")).status).toBe(404);
  });

  it("is not waited for: a header or a body that does not come ends with 408", async () => {
    const head = `POST /v1/completions HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n`;
    const [header, body, garbage] = await Promise.all([
      raw(server, head),
      raw(server, `${head}Content-Length: 100\r\n\r\n{"prompt":`),
      raw(server, "\u0000\u0001 nonsense\r\n\r\n"),
    ]);
    expect(header).toMatch(/^HTTP\/1\.1 408/);
    expect(body).toMatch(/^HTTP\/1\.1 408|^$/);
    expect(garbage).toMatch(/^HTTP\/1\.1 400/);
    expect((await ask(server, "/health")).status).toBe(200);
  });
});

describe("a client that hangs up", () => {
  it("has nothing of it run, and others are answered", async () => {
    const body = JSON.stringify({ prompt: new Array(4).fill([5, 6, 7]), max_tokens: 240, n: 1, temperature: 0 });
    const head = `POST /v1/completions HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\nContent-Length: ${body.length}\r\n\r\n`;
    const sockets = [0, 1].map(() => connect(server.port, server.host));
    for (const socket of sockets) socket.write(head + body);
    const waits = async (): Promise<number> => {
      const { text } = await ask(server, "/metrics");
      return Number(/^telltale_queue_items\{model="base"\} (\d+)$/m.exec(text)?.[1]);
    };
    while ((await waits()) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    for (const socket of sockets) socket.destroy();
    const { choices } = await completions(server, { prompt: [5, 6], max_tokens: 2, temperature: 0 });
    expect(choices).toHaveLength(1);
    expect(await waits()).toBe(0);
    let generated = Number.NaN;
    const told = async (): Promise<void> => {
      const { text } = await ask(server, "/metrics");
      generated = Number(/^telltale_generated_tokens_total\{model="base"\} (\d+)$/m.exec(text)?.[1]);
    };
    await told();
    const before = generated;
    await completions(server, { prompt: [5, 6], max_tokens: 2, temperature: 0 });
    await told();
    expect(generated - before).toBeLessThanOrEqual(2);
    expect(await eventually(() => sockets.every((socket) => socket.destroyed))).toBe(true);
  });
});
