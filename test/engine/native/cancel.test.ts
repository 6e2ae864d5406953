import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JobProgress, LocalEngine } from "#telltale/engine/engine.js";
import { openHostEngines } from "#telltale/engine/host/engine.js";
import { openNativeEngines } from "#telltale/engine/native/engine.js";
import { generated, MODELS, NO_HEAD, prefillsOf, rejection, SMALL, scored, tokensOf } from "../models.js";

describe.each([
  ["in this process", openNativeEngines],
  ["in a child", openHostEngines],
])("an engine %s", (_, open) => {
  let engine: LocalEngine;
  let tokens: Int32Array;
  beforeAll(async () => {
    [engine] = (await open({ path: MODELS.base }, [SMALL])) as [LocalEngine];
    tokens = await tokensOf(engine, 250);
  });
  afterAll(() => engine.close());

  const long = () => ({
    head: NO_HEAD,
    prefills: Array.from({ length: 500 }, () => tokens.slice(0, 3)),
    maxTokens: 200,
  });
  const check = () => ({ head: tokens.slice(0, 4), prefills: prefillsOf(tokens, 12), maxTokens: 6 });
  const items = () =>
    Array.from({ length: 3000 }, () => ({ context: tokens.slice(0, 2), targets: tokens.slice(2, 60) }));

  it("is cancelled by an AbortSignal at any moment, and then gives the same numbers as before", async () => {
    const before = await generated(engine, check());
    for (const ms of [0, 1, 5, 12, 30, 70]) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(), ms);
      const error = await rejection(async () => {
        const job =
          ms % 2 === 0
            ? engine.generate(long(), { signal: controller.signal })
            : engine.score({ head: tokens.slice(0, 9), items: items() }, { signal: controller.signal });
        for await (const batch of job) expect(batch.length).toBeGreaterThan(0);
      });
      expect(error).toMatchObject({ name: "TelltaleError", code: "CANCELLED" });
      expect(await generated(engine, check())).toEqual(before);
    }
  });

  it("hands over every completion that was done before it was cancelled", async () => {
    const controller = new AbortController();
    let done = 0;
    let handed = 0;
    const onProgress = ({ itemsDone }: JobProgress) => {
      done = itemsDone;
      if (itemsDone > 0) controller.abort();
    };
    const error = await rejection(async () => {
      const request = { ...long(), maxTokens: 40 };
      for await (const batch of engine.generate(request, { signal: controller.signal, onProgress }))
        handed += batch.length;
    });
    expect(error).toMatchObject({ code: "CANCELLED" });
    expect(done).toBeGreaterThan(0);
    expect(handed).toBeGreaterThanOrEqual(done);
  });

  it("does not begin under a signal that was aborted before", async () => {
    const job = engine.generate(long(), { signal: AbortSignal.abort() })[Symbol.asyncIterator]();
    expect(await rejection(() => job.next())).toMatchObject({ code: "CANCELLED" });
  });

  it("is cancelled by leaving the loop after any batch, and then gives the same numbers as before", async () => {
    const [before] = await scored(engine, { head: NO_HEAD, items: items().slice(0, 1) });
    for (let batches = 1; batches <= 3; batches++) {
      let seen = 0;
      for await (const batch of engine.score({ head: NO_HEAD, items: items() })) {
        expect(batch[0]?.logprobs).toEqual(before);
        seen += 1;
        if (seen === batches) break;
      }
      const [after] = await scored(engine, { head: NO_HEAD, items: items().slice(0, 1) });
      expect(after).toEqual(before);
    }
  });

  it("is cancelled by an error in the caller's loop, which the caller gets", async () => {
    const error = await rejection(async () => {
      for await (const _ of engine.score({ head: NO_HEAD, items: items() })) throw new RangeError("enough");
    });
    expect(error).toBeInstanceOf(RangeError);
    expect((await generated(engine, check())).length).toBe(12);
  });

  it("reports progress that grows, and ends at everything", async () => {
    const request = { ...long(), prefills: prefillsOf(tokens, 64), maxTokens: 60 };
    const seen: JobProgress[] = [];
    let made = 0;
    for await (const batch of engine.generate(request, { onProgress: (progress) => seen.push(progress) })) {
      made += batch.reduce((sum, { tokens }) => sum + tokens.length, 0);
    }
    const { vocabularySize } = engine.facts.model;
    expect(seen.at(-1)).toMatchObject({ itemsDone: 64, itemsTotal: 64, tokensDone: made });
    expect(seen.at(-1)?.work.bytesRead).toBeGreaterThanOrEqual(made * vocabularySize * 4);
    expect(seen.at(-1)?.work.decodeSeconds).toBeGreaterThan(0);
    expect(seen.at(-1)?.work.logSoftmaxSeconds).toBeGreaterThan(0);
    expect(seen.at(-1)?.work.samplingSeconds).toBe(0);
    for (const [i, progress] of seen.entries()) {
      expect(progress.itemsTotal).toBe(64);
      expect(progress.tokensDone).toBeGreaterThanOrEqual(seen[i - 1]?.tokensDone ?? 0);
    }
  });

  it("may be asked for its progress after it was closed, by a loop that is still held up", async () => {
    const [closing] = (await open({ path: MODELS.base }, [SMALL])) as [LocalEngine];
    const error = await rejection(async () => {
      for await (const _ of closing.generate(long(), { onProgress: () => {} })) {
        await closing.close();
        await sleep(500); // the next reports come meanwhile
      }
    });
    expect(error).toMatchObject({ code: "CANCELLED" });
  });

  it("can be closed while a job runs, which ends as cancelled", async () => {
    const [closing] = (await open({ path: MODELS.base }, [SMALL])) as [LocalEngine];
    const running = rejection(() => generated(closing, long()));
    await sleep(30);
    await closing.close();
    expect(await running).toMatchObject({ code: "CANCELLED" });
  });
});
