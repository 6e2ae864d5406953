import { setMaxListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { EndpointFailure } from "#telltale/engine/remote/failure.js";
import { openPool } from "#telltale/engine/remote/pool.js";
import { rejection } from "../models.js";

const OPTIONS = { concurrency: 4, attempts: 3, retryDelaySeconds: 0.002 };
const ENDPOINTS = [{ url: "http://a/v1" }, { url: "http://b/v1" }];
const again = (what: string): EndpointFailure => new EndpointFailure("again", what);
/** As a job's signal is: every request under way listens to it. */
function controller(): AbortController {
  const made = new AbortController();
  setMaxListeners(0, made.signal);
  return made;
}
const tick = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

describe("a pool of endpoints", () => {
  it("gives no endpoint more requests than it takes at a time, and uses all", async () => {
    const pool = openPool(ENDPOINTS, OPTIONS);
    const busy = new Map(ENDPOINTS.map(({ url }) => [url, { now: 0, most: 0 }]));
    const signal = controller().signal;
    const results = await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        pool.run(async ({ url }) => {
          const counts = busy.get(url) as { now: number; most: number };
          counts.now += 1;
          counts.most = Math.max(counts.most, counts.now);
          await tick();
          counts.now -= 1;
          return i;
        }, signal),
      ),
    );
    expect(results).toEqual(Array.from({ length: 60 }, (_, i) => i));
    expect([...busy.values()]).toEqual([
      { now: 0, most: 4 },
      { now: 0, most: 4 },
    ]);
    expect(pool.places).toBe(8);
  });

  it("gives up once every endpoint has failed after every rest, however many requests wait", async () => {
    const pool = openPool(ENDPOINTS, OPTIONS);
    let asked = 0;
    const ending = controller();
    const run = async (): Promise<void> => {
      await pool.run(async ({ url }) => {
        asked += 1;
        await tick();
        throw again(`is down, says ${url}`);
      }, ending.signal);
    };
    const first = await rejection(() => Promise.all(Array.from({ length: 100 }, run)));
    ending.abort();
    expect(first).toMatchObject({ code: "ENDPOINT_FAILED" });
    expect((first as Error).message).toMatch(/"http:\/\/a\/v1" is down, says .*"http:\/\/b\/v1" is down, says/);
    // All places of both once, and one request after each rest; some of it twice before the first failures are known.
    expect(asked).toBeLessThan(40);
  });

  it("tries a request elsewhere before it tries again", async () => {
    const pool = openPool(ENDPOINTS, OPTIONS);
    const asked: string[] = [];
    const error = await rejection(() =>
      pool.run(async ({ url }) => {
        asked.push(url);
        throw again("is down");
      }, controller().signal),
    );
    expect(error).toMatchObject({ code: "ENDPOINT_FAILED" });
    expect(asked.length).toBe(3);
    expect(new Set(asked.slice(0, 2)).size).toBe(2);
  });

  it("ends at once for a request that is wrong, and for what is no endpoint's failure", async () => {
    const pool = openPool(ENDPOINTS, OPTIONS);
    const signal = controller().signal;
    let asked = 0;
    const failing = (error: Error): Promise<unknown> =>
      rejection(() =>
        pool.run(async () => {
          asked += 1;
          throw error;
        }, signal),
      );
    expect(await failing(new EndpointFailure("wrong", "answered with status 400"))).toMatchObject({
      code: "ENDPOINT_FAILED",
      message: expect.stringMatching(/^"http:\/\/[ab]\/v1" answered with status 400\.$/),
    });
    const bug = new RangeError("a bug");
    expect(await failing(bug)).toBe(bug);
    expect(asked).toBe(2);
  });

  it("is left by a request that is cancelled while it waits", async () => {
    const pool = openPool(ENDPOINTS.slice(0, 1), { ...OPTIONS, concurrency: 1 });
    let release = (): void => {};
    const first = pool.run(
      () => new Promise<string>((resolve) => (release = () => resolve("done"))),
      controller().signal,
    );
    const stop = new AbortController();
    const waiting = rejection(() => pool.run(async () => "never", stop.signal));
    stop.abort();
    expect(await waiting).toMatchObject({ code: "CANCELLED" });
    await tick();
    release();
    expect(await first).toBe("done");
    expect(await pool.run(async () => "free again", controller().signal)).toBe("free again");
  });
});
