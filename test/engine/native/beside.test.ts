import { expect, it } from "vitest";
import { MODELS } from "../models.js";
import { startScript } from "../scripts.js";

// node-llama-cpp brings the libraries that are used here. It is loaded in the same process, in both orders: both have to
// compute the same, each has to see its own part of the log, and what an engine reads there has to be right.
const BODY = `
  import { getLlama } from "node-llama-cpp";
  process.execArgv.length = 0; // with --eval the trial run of its library would be this script
  const lines = [];
  const ours = async () => (await openNativeEngines({ path: model }, [context]))[0];
  const theirs = async () => {
    const logger = (_, line) => lines.push(line);
    const llama = await getLlama({ gpu: false, build: "never", logLevel: "debug", logger });
    return { llama, model: await llama.loadModel({ modelPath: model }) };
  };
  const own = async (engine) => {
    const made = [];
    for await (const batch of engine.generate({ ...request, prefills: [Int32Array.of(1, 2)], maxTokens: 6 })) {
      for (const { tokens } of batch) made.push(...tokens);
    }
    return made;
  };
  const foreign = async (used) => {
    const made = [];
    const inner = await used.model.createContext({ contextSize: 128, threads: 1 });
    for await (const token of inner.getSequence().evaluate([1, 2], { temperature: 0 })) {
      if (made.push(token) === 6) break;
    }
    await inner.dispose();
    return made;
  };
  const first = args[0] === "before" ? await theirs() : undefined;
  const engine = await ours();
  const other = first ?? (await theirs());
  const tokens = [await own(engine), ...(await Promise.all([foreign(other), own(engine)])), await foreign(other)];
  const later = await ours();
  const seen = lines.length;
  tokens.push(await foreign(other), await own(later));
  await new Promise((resolve) => setTimeout(resolve, 100)); // their log comes by way of the event loop
  const heard = lines.length - seen;
  await engine.close();
  await other.model.dispose();
  await other.llama.dispose();
  tokens.push(await own(later));
  const [last] = await openNativeEngines({ path: model }, [context]);
  tokens.push(await own(last));
  console.log(JSON.stringify({ tokens, heard, facts: [engine, later, last].map(({ facts }) => facts.context) }));
  await later.close();
  await last.close();`;

it.each(["before", "after"])("computes beside node-llama-cpp that was loaded %s it", async (order) => {
  const end = await startScript(BODY, [MODELS.base, order]).ended;
  expect(end).toMatchObject({ status: 0, signal: null, output: expect.stringMatching(/^\{.*\}\n$/) });
  const { tokens, heard, facts } = JSON.parse(end.output) as { tokens: number[][]; heard: number; facts: object[] };
  expect(tokens[0]).toHaveLength(6);
  for (const made of tokens) expect(made).toEqual(tokens[0]);
  expect(heard).toBeGreaterThan(0);
  for (const each of facts) expect(each).toMatchObject({ kvTypeK: "f16", kvTypeV: "f16", flashAttention: true });
});
