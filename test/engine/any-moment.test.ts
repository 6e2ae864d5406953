import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JobOptions, LocalEngine } from "#telltale/engine/engine.js";
import { openHostEngines } from "#telltale/engine/host/engine.js";
import { openNativeEngines } from "#telltale/engine/native/engine.js";
import type { OpenOptions } from "#telltale/engine/options.js";
import { randomNumbers } from "#telltale/prefill/shuffle.js";
import { engineProcesses } from "../processes.js";
import { generated, MODELS, NO_HEAD, prefillsOf, SMALL, tokensOf } from "./models.js";
import { outcome } from "./state-table.js";

/** TELLTALE_SOAK=1 tries ten times as many moments. */
const SOAK = process.env.TELLTALE_SOAK === "1";
const TIMEOUT = { timeout: SOAK ? 600_000 : 120_000 };

describe.each([
  ["in this process", openNativeEngines, SOAK ? 600 : 60],
  ["in a child", openHostEngines, SOAK ? 150 : 16],
])("an engine %s", (_, open, rounds) => {
  const openOne = async (options: OpenOptions = {}) =>
    (await open({ path: MODELS.base }, [SMALL], options))[0] as LocalEngine;
  const random = randomNumbers(rounds);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;

  let engine: LocalEngine;
  let tokens: Int32Array;
  let before: unknown;
  const check = () => generated(engine, { head: tokens.slice(0, 3), prefills: prefillsOf(tokens, 5), maxTokens: 5 });
  beforeAll(async () => {
    engine = await openOne();
    tokens = await tokensOf(engine, 250);
    before = await check();
  });
  afterAll(() => engine.close());

  /** At once, in the next turn of the event loop, or later. */
  const wait = async (ms: number): Promise<void> => {
    if (ms >= 0) await sleep(ms);
  };
  const moment = (longest: number): number =>
    pick([-1, 0, Math.floor(random() * longest), Math.floor(random() * longest)]);

  const work: Record<string, (options: JobOptions) => Promise<void>> = {
    generate: async (options) => {
      const prefills = Array.from({ length: 400 }, () => tokens.slice(0, 3));
      for await (const _ of engine.generate({ head: NO_HEAD, prefills, maxTokens: 100 }, options));
    },
    score: async (options) => {
      const items = Array.from({ length: 3000 }, () => ({ context: tokens.slice(0, 2), targets: tokens.slice(2, 60) }));
      for await (const _ of engine.score({ head: tokens.slice(0, 9), items }, options));
    },
  };

  it(`can be broken off while it computes, at ${rounds} random moments`, TIMEOUT, async () => {
    for (let round = 0; round < rounds; round++) {
      const [what, how] = [pick(["generate", "score"]), pick(["abort", "abort", "close", "both"])];
      const ms = moment(60);
      const controller = new AbortController();
      const job = outcome(() => work[what]?.({ signal: controller.signal }));
      await wait(ms);
      if (how !== "close") controller.abort();
      if (how !== "abort") await Promise.all([engine.close(), engine.close()]);
      expect(["CANCELLED", "ENGINE_UNAVAILABLE"], `${what}, ${how} after ${ms} ms`).toContain(await job);
      if (how !== "abort") engine = await openOne();
      expect(await check()).toEqual(before);
    }
  });

  it(`can be broken off while it is opened, at ${rounds} random moments`, TIMEOUT, async () => {
    for (let round = 0; round < rounds; round++) {
      const controller = new AbortController();
      const ms = moment(open === openHostEngines ? 400 : 40);
      const opening = outcome(async () => (await openOne({ signal: controller.signal })).close());
      await wait(ms);
      controller.abort();
      expect(["CANCELLED", "ok"], `after ${ms} ms`).toContain(await opening);
    }
    expect(await check()).toEqual(before);
    if (open === openHostEngines) expect(engineProcesses(process.pid)).toHaveLength(1);
  });
});
