import type { ServerResponse } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ScoreRequest } from "#telltale/engine/engine.js";
import type { RemoteEngine } from "#telltale/engine/remote/engine.js";
import type { RemoteOptions } from "#telltale/engine/remote/options.js";
import { itemsOf, MODELS, NO_HEAD, rejection, tokensOf } from "../models.js";
import { type ForeignModel, openForeignModel } from "./foreign-model.js";
import { type Behaviour, type ForeignServer, send, startForeignServer } from "./foreign-server.js";
import { openRemote, scoresOf } from "./support.js";

let model: ForeignModel;
let request: ScoreRequest;
let expected: string[];
beforeAll(async () => {
  model = await openForeignModel(MODELS.base);
  const tokens = await tokensOf(model.engine, 90);
  const items = itemsOf(
    tokens,
    Array.from({ length: 40 }, (_, i) => [1 + (i % 3), 2 + (i % 5)] as const),
  );
  request = { head: NO_HEAD, items };
  expected = await scoresOf(model.engine, request);
});
afterAll(() => model.close());

/** A server that behaves until the test says otherwise, and what it answers from then on. */
interface Turning extends ForeignServer {
  turn(trouble: Behaviour["intercept"]): void;
}

async function startTurning(): Promise<Turning> {
  let trouble: Behaviour["intercept"];
  const server = await startForeignServer({ model, intercept: (...given) => trouble?.(...given) ?? false });
  return { ...server, turn: (next) => (trouble = next) };
}

async function withServers(
  count: number,
  options: Partial<RemoteOptions>,
  run: (servers: Turning[], engine: RemoteEngine) => Promise<void>,
): Promise<void> {
  const servers = await Promise.all(Array.from({ length: count }, startTurning));
  const urls = servers.map(({ url }) => url);
  const engine = await openRemote(urls, MODELS.base, { generates: false, itemsRequest: 3, concurrency: 2, ...options });
  try {
    await run(servers, engine);
  } finally {
    await engine.close();
    for (const server of servers) await server.close();
  }
}

const endless = (response: ServerResponse): true => {
  response.writeHead(200, { "content-type": "application/json" });
  const more = (): void => {
    while (!response.destroyed && response.write(" ".repeat(65_536)));
    if (!response.destroyed) response.once("drain", more);
  };
  more();
  return true;
};

/** Troubles of one of two servers, after which everything is computed all the same. */
const TROUBLES: [name: string, trouble: Behaviour["intercept"], options?: Partial<RemoteOptions>][] = [
  ["breaks off its connections", (_, response) => Boolean(response.destroy())],
  ["answers 500", (_, response) => sent(response, 500, { detail: "out of luck" })],
  ["answers 503 with a page", (_, response) => Boolean(response.writeHead(503).end("<html>busy</html>"))],
  ["answers 429 and says when to come back", (_, response) => sent(response, 429, {}, { "retry-after": "0" })],
  ["sends no JSON", (_, response) => Boolean(response.writeHead(200).end('{"choices": ['))],
  ["sends something else", (_, response) => sent(response, 200, { choices: "none" })],
  ["sends fewer completions than asked for", (_, response) => sent(response, 200, { choices: [] })],
  ["sends a body without end", (_, response) => endless(response)],
  ["does not answer", () => true, { timeoutSeconds: 3 }],
  [
    "breaks off in the middle of a body",
    (_, response) => Boolean(response.writeHead(200).write('{"cho') && setTimeout(() => response.destroy(), 5)),
  ],
];

function sent(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): true {
  send(response, status, body, headers);
  return true;
}

describe("one of two endpoints", () => {
  it.each(TROUBLES)(
    "%s: the other one does the work, nothing lost, nothing twice",
    async (_, trouble, options = {}) => {
      await withServers(2, options, async ([first, second], engine) => {
        const before = second?.received.length ?? 0;
        first?.turn(trouble);
        expect(await scoresOf(engine, request)).toEqual(expected);
        // 40 items, 3 a request: what the first did not answer, the second did.
        expect((second?.received.length ?? 0) - before).toBeGreaterThanOrEqual(14);
      });
    },
  );

  it("is killed in the middle", async () => {
    await withServers(2, {}, async ([first], engine) => {
      let answered = 0;
      first?.turn((_, response) => {
        answered += 1;
        return answered > 3 && Boolean(response.destroy());
      });
      expect(await scoresOf(engine, request)).toEqual(expected);
      expect(answered).toBeGreaterThan(3);
    });
  });

  it("is left alone after failing again and again", async () => {
    await withServers(2, { retryDelaySeconds: 30 }, async ([first], engine) => {
      let troubles = 0;
      first?.turn((_, response) => {
        troubles += 1;
        return sent(response, 500, {});
      });
      expect(await scoresOf(engine, request)).toEqual(expected);
      // Three in a row, and one that was under way beside the third.
      expect(troubles).toBeLessThanOrEqual(4);
    });
  });

  it("is taken up again when it is well", async () => {
    await withServers(2, { retryDelaySeconds: 0.01 }, async ([first], engine) => {
      first?.turn((_, response) => sent(response, 500, {}));
      await scoresOf(engine, request);
      let well = 0;
      first?.turn(() => {
        well += 1;
        return false;
      });
      // However long the rests have grown, one of these jobs comes after the last.
      while (well === 0) expect(await scoresOf(engine, request)).toEqual(expected);
    });
  });
});

describe("the only endpoint", () => {
  it("may be busy for a while", async () => {
    await withServers(1, {}, async ([server], engine) => {
      let refused = 0;
      server?.turn((_, response) => {
        refused += 1;
        return refused < 6 && sent(response, 429, { error: { message: "queue full" } }, { "retry-after": "0" });
      });
      expect(await scoresOf(engine, request)).toEqual(expected);
    });
  });

  it("fails for good: the error names what it did, and nothing more is asked", async () => {
    await withServers(1, { attempts: 3 }, async ([server], engine) => {
      server?.turn((_, response) => sent(response, 500, { error: { message: "out of \u0007luck" } }));
      const before = server?.received.length ?? 0;
      const error = await rejection(() => scoresOf(engine, request));
      expect(error).toMatchObject({ code: "ENDPOINT_FAILED", exitCode: 10 });
      expect((error as Error).message).toBe(
        `A request failed after 3 tries: "${server?.url}" answered with status 500: "out of \\u{7}luck". ` +
          "Check that the servers run, then go on: what was finished is kept.",
      );
      const asked = (server?.received.length ?? 0) - before;
      // Two requests at a time, three tries each, and one that may have been waiting for its place.
      expect(asked).toBeLessThanOrEqual(7);
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect((server?.received.length ?? 0) - before).toBe(asked);
      server?.turn(undefined);
      expect(await scoresOf(engine, request)).toEqual(expected);
    });
  });

  it.each([
    [400, { error: { message: "bad field" } }, /status 400: "bad field"/],
    [401, { error: "no" }, /status 401: "no"\. Check the key in TELLTALE_API_KEY/],
    [404, { detail: "Not Found" }, /status 404: "Not Found"/],
    [413, "", /status 413.*longer context, ask for fewer tokens, or send fewer texts/s],
    [400, { message: "maximum context length is 4" }, /longer context/],
    [302, "", /status 302.*Redirects are not followed: give the final address/],
  ])("answers %i once: the request would be as wrong again", async (status, body, said) => {
    await withServers(1, {}, async ([server], engine) => {
      let asked = 0;
      server?.turn((_, response) => {
        asked += 1;
        return sent(response, status, body, { location: "http://127.0.0.1:1/" });
      });
      const error = await rejection(() => scoresOf(engine, { ...request, items: request.items.slice(0, 3) }));
      expect(error).toMatchObject({ code: "ENDPOINT_FAILED" });
      expect((error as Error).message).toMatch(said);
      expect(asked).toBe(1);
    });
  });

  it("is not there when it is opened", async () => {
    const error = await rejection(() => openRemote("http://127.0.0.1:1/v1", MODELS.base, { attempts: 2 }));
    expect(error).toMatchObject({
      code: "ENDPOINT_FAILED",
      message: '"http://127.0.0.1:1/v1" could not be reached, or broke off (ECONNREFUSED).',
    });
  });
});

describe("cancelling", () => {
  it("ends the requests under way, by the signal, by leaving the loop and by closing", async () => {
    await withServers(1, {}, async ([server], engine) => {
      const hanging = new Set<ServerResponse>();
      let started = (): void => {};
      server?.turn((_, response) => {
        hanging.add(response);
        response.once("close", () => hanging.delete(response));
        if (hanging.size === 2) started();
        return true;
      });
      const underWay = (): Promise<void> => new Promise((resolve) => (started = resolve));
      const gone = async (): Promise<void> => {
        while (hanging.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
      };
      const stop = new AbortController();
      const job = rejection(async () => {
        for await (const _ of engine.score(request, { signal: stop.signal }));
      });
      await underWay();
      stop.abort();
      expect(await job).toMatchObject({ code: "CANCELLED" });
      await gone();
      server?.turn(undefined);
      for await (const batch of engine.score(request)) {
        expect(batch.length).toBeLessThanOrEqual(3);
        break;
      }
      server?.turn((_, response) => {
        hanging.add(response);
        response.once("close", () => hanging.delete(response));
        if (hanging.size === 2) started();
        return true;
      });
      const closed = rejection(() => scoresOf(engine, request));
      await underWay();
      await engine.close();
      expect(await closed).toMatchObject({ code: "CANCELLED" });
      await gone();
      expect(await rejection(() => scoresOf(engine, request))).toMatchObject({ code: "ENGINE_UNAVAILABLE" });
    });
  });

  it("gives up opening", async () => {
    const server = await startForeignServer({ model, intercept: () => true });
    const stop = new AbortController();
    const opening = rejection(() => openRemote(server.url, MODELS.base, {}, { signal: stop.signal }));
    while (server.received.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort();
    expect(await opening).toMatchObject({ code: "CANCELLED" });
    await server.close();
  });
});
