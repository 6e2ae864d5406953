import { describe, expect, it } from "vitest";
import type { LocalEngine } from "#telltale/engine/engine.js";
import { openHostEngines } from "#telltale/engine/host/engine.js";
import { openNativeEngines } from "#telltale/engine/native/engine.js";
import { generated, MODELS, NO_HEAD, SMALL, scored } from "./models.js";
import { cells, outcome } from "./state-table.js";

const prefills = Array.from({ length: 500 }, (_, i) => Int32Array.of(i));
const short = { head: NO_HEAD, prefills: prefills.slice(0, 1), maxTokens: 2 };
const items = [{ context: Int32Array.of(1), targets: Int32Array.of(2) }];

/** Starts a job that nobody waits for; gives how to cancel it and what it comes to, once it has computed something. */
async function start(engine: LocalEngine) {
  const controller = new AbortController();
  let begun: () => void = () => {};
  const beginning = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const job = outcome(async () => {
    const { signal } = controller;
    for await (const _ of engine.generate({ head: NO_HEAD, prefills, maxTokens: 200 }, { signal })) begun();
  });
  await Promise.race([beginning, job]);
  return { cancel: () => controller.abort(), job };
}

const nothing = { cancel: () => {}, job: Promise.resolve("CANCELLED") };

const STATES: Record<string, (engine: LocalEngine) => Promise<{ cancel: () => void; job: Promise<string> }>> = {
  idle: async () => nothing,
  busy: start,
  cancelled: async (engine) => {
    const { cancel, job } = await start(engine);
    cancel();
    await job;
    return nothing;
  },
  failed: async (engine) => {
    await outcome(() => generated(engine, { ...short, prefills: [Int32Array.of(-1)] }));
    return nothing;
  },
  closing: async (engine) => {
    const started = await start(engine);
    void engine.close();
    return started;
  },
  closed: async (engine) => {
    await engine.close();
    return nothing;
  },
};

const METHODS: Record<string, (engine: LocalEngine) => Promise<unknown>> = {
  tokenize: (engine) => engine.tokenize(["a text"]),
  detokenize: (engine) => engine.detokenize([Int32Array.of(1, 2)]),
  vocabulary: (engine) => engine.vocabulary(),
  peakMemory: (engine) => engine.peakMemory(),
  generate: (engine) => generated(engine, short),
  score: (engine) => scored(engine, { head: NO_HEAD, items }),
  close: (engine) => engine.close(),
};

const TABLE = `
              idle  busy  cancelled  failed  closing  closed
  tokenize    ok    ok    ok         ok      no       no
  detokenize  ok    ok    ok         ok      no       no
  vocabulary  ok    ok    ok         ok      no       no
  peakMemory  ok    ok    ok         ok      no       no
  generate    ok    no    ok         ok      no       no
  score       ok    no    ok         ok      no       no
  close       ok    ok    ok         ok      ok       ok`;

describe.each([
  ["in this process", openNativeEngines],
  ["in a child", openHostEngines],
])("of an engine %s", (_, open) => {
  it.each(Object.keys(STATES))("every method does what is promised while %s", async (state) => {
    const enter = STATES[state] as (typeof STATES)[string];
    const rows = cells(TABLE).filter((cell) => cell.state === state);
    // Two engines on one set of weights, so that a close of the one must leave the other alone.
    const [engine, other] = (await open({ path: MODELS.base }, [SMALL, SMALL])) as [LocalEngine, LocalEngine];
    const { cancel, job } = await enter(engine);
    for (const { method, expected } of rows) {
      expect(await outcome(() => METHODS[method]?.(engine) as Promise<unknown>), method).toBe(expected);
    }
    cancel();
    expect(await job).toBe("CANCELLED");
    expect(await outcome(() => scored(other, { head: NO_HEAD, items }))).toBe("ok");
    await other.close();
  });
});
