import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { NativeContext, NativeModel } from "#telltale/engine/native/addon.js";
import { cells, outcome } from "../state-table.js";
import { CONTEXT, generateRequest, ignore, LOAD, openNatives, scoreRequest } from "./entries.js";

const long = generateRequest(500, 200);

let model: NativeModel;
beforeAll(async () => {
  const natives = await openNatives();
  natives.context.close();
  model = natives.model;
});
afterAll(() => model.close());

async function start(context: NativeContext): Promise<() => Promise<string>> {
  const job = outcome(() => context.generate(long, ignore));
  while (context.progress().tokensDone === 0) await sleep(1);
  return () => job;
}

/** Brings a context into a state; gives what its job comes to, and the code that is expected of it. */
type Enter = (context: NativeContext) => Promise<[job: () => Promise<string>, code: string]>;

const STATES: Record<string, Enter> = {
  idle: async () => [async () => "ok", "ok"],
  busy: async (context) => [await start(context), "CANCELLED"],
  cancelling: async (context) => {
    const job = await start(context);
    context.cancel();
    return [job, "CANCELLED"];
  },
  cancelled: async (context) => {
    const job = await start(context);
    context.cancel();
    await job();
    return [job, "CANCELLED"];
  },
  failed: async (context) => {
    const code = await outcome(() => context.generate({ ...long, head: Int32Array.of(-1) }, ignore));
    return [async () => code, "BAD_ARGUMENT"];
  },
  closing: async (context) => {
    const job = await start(context);
    context.close();
    return [job, "CANCELLED"];
  },
  closed: async (context) => {
    context.close();
    return [async () => "ok", "ok"];
  },
};

describe("a context's", () => {
  const METHODS: Record<string, (context: NativeContext) => unknown> = {
    facts: (context) => context.facts(),
    progress: (context) => context.progress(),
    generate: (context) => context.generate(generateRequest(), ignore),
    score: (context) => context.score(scoreRequest(), ignore),
    cancel: (context) => context.cancel(),
    close: (context) => context.close(),
  };
  const TABLE = `
              idle  busy  cancelling  cancelled  failed  closing  closed
    facts     ok    ok    ok          ok         ok      no       no
    progress  ok    ok    ok          ok         ok      ok       ok
    generate  ok    no    either      ok         ok      no       no
    score     ok    no    either      ok         ok      no       no
    cancel    ok    ok    ok          ok         ok      ok       ok
    close     ok    ok    ok          ok         ok      ok       ok`;
  it.each(cells(TABLE))("$method while $state: $expected", async ({ method, state, expected }) => {
    const context = await model.createContext(CONTEXT);
    const [job, end] = await (STATES[state] as Enter)(context);
    const code = await outcome(() => METHODS[method]?.(context));
    // A job that was told to stop may have done so by now, or not.
    expect(expected === "either" ? ["ok", "ENGINE_UNAVAILABLE"] : [expected]).toContain(code);
    context.cancel();
    expect(await job()).toBe(end);
    context.close();
  });
});

describe("a model's", () => {
  const METHODS: Record<string, (model: NativeModel) => unknown> = {
    facts: (model) => model.facts(),
    vocabulary: (model) => model.vocabulary(),
    tokenize: (model) => model.tokenize(Buffer.from("a text"), true, true),
    createContext: async (model) => (await model.createContext(CONTEXT)).close(),
    close: (model) => model.close(),
  };
  const TABLE = `
                   idle  busy  cancelling  cancelled  failed  closing  closed
    facts          ok    ok    ok          ok         ok      ok       no
    vocabulary     ok    ok    ok          ok         ok      ok       no
    tokenize       ok    ok    ok          ok         ok      ok       no
    createContext  ok    ok    ok          ok         ok      ok       no
    close          ok    ok    ok          ok         ok      ok       ok`;
  it.each(cells(TABLE))("$method while a context of it is $state: $expected", async ({ method, state, expected }) => {
    const natives = await openNatives();
    const [job, code] = await (STATES[state] as Enter)(natives.context);
    if (state === "closed") natives.model.close();
    expect(await outcome(() => METHODS[method]?.(natives.model))).toBe(expected);
    // The weights stay for those who compute with them, even where the model was closed.
    if (method === "close" && state === "idle") {
      expect(await outcome(() => natives.context.score(scoreRequest(), ignore))).toBe("ok");
    }
    natives.context.cancel();
    expect(await job()).toBe(code);
    natives.context.close();
    natives.model.close();
  });

  it("contexts can be made and computed with side by side, while other models are loaded and closed", async () => {
    const { addon, ...other } = await openNatives();
    const contexts = await Promise.all(Array.from({ length: 4 }, () => other.model.createContext(CONTEXT)));
    const jobs = contexts.map((context) => outcome(() => context.generate(generateRequest(20, 20), ignore)));
    other.model.close();
    const loaded = await Promise.all(Array.from({ length: 3 }, () => addon.loadModel(LOAD)));
    for (const each of loaded) each.close();
    expect(await Promise.all(jobs)).toEqual(["ok", "ok", "ok", "ok"]);
    for (const context of [...contexts, other.context]) context.close();
  });
});
