// Compares log-probabilities of the demo pair with those in test/fixtures/golden/demo-pair.json, which an earlier llama.cpp gave,
// and exits with 1 where they are further off than that file allows. `--against FILE` takes another file of the same form;
// `--write FILE` writes what is computed now, with the texts and tolerances of the golden file.
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openNativeEngines } from "../dist/engine/native/engine.js";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const GOLDEN = path.join(root, "test", "fixtures", "golden", "demo-pair.json");
const CONTEXT = { threads: 1, sequences: 8, contextSequence: 128, batch: 128 };
/** Tokens of a text that are given; the others are scored. */
const GIVEN = 3;
const SAID = 16;

/** What a model makes of each text: its tokens, their log-probabilities, and what it says after the first of them. */
async function computed(model, texts) {
  const [engine] = await openNativeEngines({ path: path.join(root, model) }, [CONTEXT]);
  try {
    const sequences = await engine.tokenize(texts);
    const head = new Int32Array(0);
    const logprobs = [];
    const items = sequences.map((ids) => ({ context: ids.subarray(0, GIVEN), targets: ids.subarray(GIVEN) }));
    for await (const batch of engine.score({ head, items })) for (const one of batch) logprobs[one.item] = one.logprobs;
    const said = [];
    const prefills = sequences.map((ids) => ids.subarray(0, GIVEN));
    for await (const batch of engine.generate({ head, prefills, maxTokens: SAID })) {
      for (const one of batch) said[one.prefill] = one.tokens;
    }
    return sequences.map((tokens, i) => ({
      tokens: Array.from(tokens),
      logprobs: Array.from(logprobs[i], (logprob) => Number(logprob.toFixed(6))),
      said: Array.from(said[i]),
    }));
  } finally {
    await engine.close();
  }
}

/** How far two files are from each other; `problems` are differences that no rounding explains. */
function compare(golden, models) {
  const problems = [];
  const off = [];
  for (const [model, rows] of Object.entries(golden.models)) {
    for (const [i, row] of rows.entries()) {
      const { tokens, logprobs, said } = models[model][i];
      const where = `${path.basename(model)}, text ${i + 1}`;
      if (String(tokens) !== String(row.tokens)) problems.push(`${where}: it is tokenised otherwise.`);
      else off.push(...logprobs.map((logprob, at) => Math.abs(logprob - row.logprobs[at])));
      if (String(said) !== String(row.said)) problems.push(`${where}: its opening is continued otherwise.`);
    }
  }
  const mean = off.reduce((sum, each) => sum + each, 0) / off.length;
  const largest = Math.max(...off);
  // Written so that NaN is too far off as well.
  if (!(mean <= golden.tolerance.mean)) problems.push(`The mean may be ${golden.tolerance.mean} nats.`);
  if (!(largest <= golden.tolerance.largest)) problems.push(`The largest may be ${golden.tolerance.largest} nats.`);
  const figures = `${mean.toExponential(1)} nats off in the mean, ${largest.toExponential(1)} at most`;
  return { sentence: `${off.length} log-probabilities: ${figures}.`, problems };
}

const { values } = parseArgs({ options: { against: { type: "string" }, write: { type: "string" } } });
const golden = JSON.parse(readFileSync(values.against ?? GOLDEN, "utf8"));
const models = {};
for (const model of Object.keys(golden.models)) models[model] = await computed(model, golden.texts);
if (values.write !== undefined) {
  writeFileSync(values.write, `${JSON.stringify({ ...golden, models }, null, 2)}\n`);
} else {
  const { sentence, problems } = compare(golden, models);
  console.log([sentence, ...problems].join("\n"));
  process.exitCode = problems.length > 0 ? 1 : 0;
}
