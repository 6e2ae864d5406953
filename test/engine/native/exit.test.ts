import { expect, it } from "vitest";
import { MODELS } from "../models.js";
import { startScript } from "../scripts.js";
import { CONTEXT, generateRequest, LOAD } from "./entries.js";

const END = `
  const [engine] = await openNativeEngines({ path: model }, [context]);
  const endless = async () => { for (;;) for await (const batch of engine.generate(request)) batch.length; };
  setTimeout(() => { ENDING }, Number(args[0]));
  await endless();`;

// A thread that still computes while the process takes its libraries down would crash it now and then.
it.each([
  ["process.exit()", "process.exit(7)", 7],
  ["an uncaught error", "throw new Error('enough')", 1],
])("ends with its own status after %s in the middle of a job", async (_, ending, status) => {
  const moments = [1, 25, 80];
  const ends = await Promise.all(
    moments.map((ms) => startScript(END.replace("ENDING", ending), [MODELS.base, String(ms)]).ended),
  );
  for (const end of ends) expect(end).toMatchObject({ status, signal: null });
});

it("ends at once after process.exit() in the middle of loading", async () => {
  const end = await startScript(
    "openNativeEngines({ path: model }, [context]); setTimeout(() => process.exit(7), 60);",
    [MODELS.base],
  ).ended;
  expect(end).toMatchObject({ status: 7, signal: null });
});

it("ends by itself with engines left open and nothing running", async () => {
  const body = `
    const [engine, other] = await openNativeEngines({ path: model }, [context, context]);
    for await (const batch of engine.generate({ ...request, maxTokens: 2 })) batch.length;
    console.log("done");`;
  const end = await startScript(body, [MODELS.base]).ended;
  expect(end).toEqual({ status: 0, signal: null, output: "done\n" });
});

it("ends by itself after many engines were opened, used and dropped without being closed", async () => {
  const body = `
    for (let i = 0; i < 12; i++) {
      const [engine] = await openNativeEngines({ path: model }, [context]);
      for await (const batch of engine.generate({ ...request, maxTokens: 2 })) break;
    }
    console.log("done");`;
  const end = await startScript(body, [MODELS.base]).ended;
  expect(end).toEqual({ status: 0, signal: null, output: "done\n" });
});

const WORK: Record<string, string> = {
  loads: "for (;;) for (const engine of await openNativeEngines({ path: model }, [context])) await engine.close();",
  generates: "for (;;) for await (const batch of engine.generate(request)) batch.length;",
  scores: `const items = prefills.slice(1).map((context) => ({ context, targets: new Int32Array(200) }));
    for (;;) for await (const batch of engine.score({ head: request.head, items })) batch.length;`,
  tokenizes: `const texts = new Array(50).fill("some text ".repeat(1000));
    for (;;) { await engine.tokenize(texts); await new Promise(setImmediate); }`,
  cancels: "for (;;) { for await (const batch of engine.generate({ ...request, maxTokens: 9 })) break; }",
};

it.each(Object.entries(WORK))("ends at SIGTERM, at an exit and at an error while it %s", async (_, work) => {
  const endings: [ending: string, end: object][] = [
    ["process.kill(process.pid, 'SIGTERM')", { status: null, signal: "SIGTERM" }],
    ["process.exit(7)", { status: 7, signal: null }],
    ["throw new Error('enough')", { status: 1, signal: null, output: expect.stringContaining("enough") }],
  ];
  const scripts = endings.map(([ending], i) => {
    const body = `
      const [engine] = await openNativeEngines({ path: model }, [context]);
      setTimeout(() => { ${ending} }, ${5 + 17 * i});
      ${work}`;
    return startScript(body, [MODELS.base]).ended;
  });
  const ends = await Promise.all(scripts);
  for (const [i, [, end]] of endings.entries()) expect(ends[i]).toMatchObject(end);
});

it("computes to the end what nobody waits for, and then ends by itself", async () => {
  const body = `
    const [engine] = await openNativeEngines({ path: model }, [context]);
    const batches = engine.generate({ ...request, prefills: prefills.slice(0, 40), maxTokens: 40 });
    void batches.next();`;
  const end = await startScript(body, [MODELS.base]).ended;
  expect(end).toEqual({ status: 0, signal: null, output: "" });
});

it("starts nothing any more once the process is ending", async () => {
  const body = `
    const { loadAddon } = await import("#telltale/engine/native/addon.js");
    const { load, options, plain } = JSON.parse(args[0]);
    const generate = { ...plain, head: Int32Array.of(1), prefillTokens: Int32Array.of(1), prefillLengths: Uint32Array.of(1) };
    const addon = loadAddon();
    addon.devices(load.libraries, load.backends, load.release);
    const loaded = await addon.loadModel(load);
    const made = await loaded.createContext(options);
    const code = (call) => { try { return typeof call(); } catch (error) { return error.code; } };
    process.on("exit", () => {
      const calls = [() => addon.loadModel(load), () => loaded.createContext(options), () => made.generate(generate, () => {})];
      console.log(JSON.stringify([...calls.map(code), code(() => loaded.facts()), code(() => made.close()), code(() => loaded.close())]));
    });
    void made.generate({ ...generate, maxTokens: 200 }, () => {});
    process.exit(7);`;
  const given = JSON.stringify({ load: LOAD, options: CONTEXT, plain: generateRequest() });
  const { output, ...end } = await startScript(body, [MODELS.base, given]).ended;
  expect(end).toEqual({ status: 7, signal: null });
  const refused = "ENGINE_UNAVAILABLE";
  expect(JSON.parse(output)).toEqual([refused, refused, refused, "object", "undefined", "undefined"]);
});
