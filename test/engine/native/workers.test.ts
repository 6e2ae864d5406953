import { expect, it } from "vitest";
import { MODELS } from "../models.js";
import { startScript } from "../scripts.js";
import { CONTEXT, generateRequest, LOAD, scoreRequest } from "./entries.js";

// Telltale itself loads the addon in no worker thread that may be ended; a caller may, and must not lose the process by it.

/** What a worker does again and again until it ends, with a model, contexts on it, and requests that take long. */
const WORK: Record<string, string> = {
  devices: "addon.devices(load.libraries, load.backends, load.release)",
  loadModel: "(await addon.loadModel(load)).close()",
  createContext: "(await model.createContext(options)).close()",
  "two loads at once": "await Promise.all([addon.loadModel(load), addon.loadModel(load)])",
  generate: "await context.generate(generate, () => {})",
  score: "await context.score(score, () => {})",
  "score on two contexts": "await Promise.all([context.score(score, () => {}), other.score(score, () => {})])",
  "a job that is cancelled": "void context.generate(generate, () => {}).catch(() => {}), await 0, context.cancel()",
  "a job that fails": "await context.generate({ ...generate, head: Int32Array.of(-1) }, () => {}).catch(() => {})",
  "a refusal": "try { context.generate({}, () => {}) } catch {}",
  tokenize: "model.tokenize(text, true, true)",
  vocabulary: "model.vocabulary()",
  facts: "model.facts(), context.facts(), context.progress()",
  close: "void closing.generate(generate, () => {}).catch(() => {}), closing.close()",
};

const ENDINGS = ["terminate", "process.exit", "throw"];

const WORKER = `
  import { parentPort, workerData } from "node:worker_threads";
  const { load, options, generate, score, work, ending, addonModule } = workerData;
  const addon = (await import(addonModule)).loadAddon();
  addon.devices(load.libraries, load.backends, load.release);
  const model = await addon.loadModel(load);
  const [context, other] = [await model.createContext(options), await model.createContext(options)];
  const text = Buffer.from("some text ".repeat(500));
  parentPort.once("message", () => {
    if (ending === "process.exit") process.exit(3);
    throw new Error("enough");
  });
  parentPort.postMessage("going");
  for (;;) {
    const closing = work.includes("closing") ? await model.createContext(options) : undefined;
    await eval("(async () => {" + work + "})()");
    await new Promise(setImmediate);
  }`;

const MAIN = `
  import { Worker } from "node:worker_threads";
  const [given] = args.map((text) => JSON.parse(text));
  const { load, options, worker, work, endings, delays } = given;
  const numbers = (request) => Object.fromEntries(Object.entries(request).map(([name, value]) => [name,
    !Array.isArray(value) ? value : name.endsWith("Lengths") ? Uint32Array.from(value) : Int32Array.from(value)]));
  const workerData = { load, options, generate: numbers(given.generate), score: numbers(given.score),
    addonModule: import.meta.resolve("#telltale/engine/native/addon.js") };
  const begin = async (each, ending) => {
    const thread = new Worker(worker, { eval: true, workerData: { ...workerData, work: each, ending } });
    const over = new Promise((resolve) => thread.once("exit", resolve));
    let failure;
    thread.once("error", (error) => { failure = error; });
    const going = await Promise.race([new Promise((resolve) => thread.once("message", () => resolve(true))), over]);
    if (going !== true) throw failure;
    return { thread, over };
  };`;

function given(extra: object): string {
  const plain = (request: object) =>
    Object.fromEntries(
      Object.entries(request).map(([name, value]) => [
        name,
        ArrayBuffer.isView(value) ? Array.from(value as never) : value,
      ]),
    );
  const generate = plain(generateRequest(500, 200));
  return JSON.stringify({
    load: LOAD,
    options: CONTEXT,
    worker: WORKER,
    generate,
    score: plain(scoreRequest(4000)),
    ...extra,
  });
}

it.each(ENDINGS)("survives workers that end by %s in the middle of anything", async (ending) => {
  const body = `${MAIN}
    for (const [i, each] of work.entries()) {
      const { thread, over } = await begin(each, ${JSON.stringify(ending)});
      await new Promise((resolve) => setTimeout(resolve, delays[i]));
      if (${JSON.stringify(ending)} === "terminate") await thread.terminate();
      else thread.postMessage("end");
      await over;
    }
    const [engine] = await openNativeEngines({ path: model }, [context]);
    for await (const batch of engine.generate({ ...request, maxTokens: 2 })) batch.length;
    console.log("alive");`;
  const work = Object.values(WORK);
  const delays = work.map((_, i) => (i * 7) % 23);
  const end = await startScript(body, [MODELS.base, given({ work, delays })]).ended;
  expect(end).toEqual({ status: 0, signal: null, output: "alive\n" });
});

it.each([
  ["process.exit()", "process.exit(7)", 7],
  ["an uncaught error", "throw new Error('enough')", 1],
])("ends with its own status after %s while workers compute", async (_, ending, status) => {
  const body = `${MAIN}
    const computing = [];
    for (const each of work) computing.push(begin(each, "none"));
    await Promise.all(computing);
    console.log("computing");
    setTimeout(() => { ${ending} }, 10);
    await new Promise(() => {});`;
  const work = [WORK.generate, WORK["score on two contexts"], WORK.loadModel];
  const end = await startScript(body, [MODELS.base, given({ work })]).ended;
  expect(end).toMatchObject({ status, signal: null, output: expect.stringMatching(/^computing\n/) });
});
