// How fast the parts are, each beside a rival in the same run. `npm run bench`.
import { Bench } from "tinybench";
import { loadAddon } from "#telltale/engine/native/addon.js";
import { compressedShare } from "#telltale/rank/filters.js";

const VOCABULARIES = [4_096, 32_000, 151_936];
const KERNELS = ["avx512", "avx2", "neon", "plain"];

const addon = loadAddon();

for (const size of VOCABULARIES) {
  const row = Float32Array.from({ length: size }, (_, i) => 10 * Math.sin(i * 12.9898));
  const bench = new Bench({ name: `log p(target) of a row of ${size} logits`, time: 500 });
  for (const kernel of KERNELS) {
    if (addon.rowLogprob(kernel, row, 0) === null) continue;
    bench.add(kernel, () => {
      addon.rowLogprob(kernel, row, 0);
    });
  }
  bench.add("JavaScript, two passes", () => logprobInJavaScript(row, 0));
  await bench.run();
  show(bench);
}

const texts = [50, 400, 2000].map((length) =>
  "The glass bridge at the harbour opened in March. ".repeat(50).slice(0, length),
);
const bench = new Bench({ name: "repetition filter, by length of the text", time: 500 });
for (const text of texts) bench.add(`${text.length} characters`, () => compressedShare(text));
await bench.run();
show(bench);

function logprobInJavaScript(row: Float32Array, target: number): number {
  let max = Number.NEGATIVE_INFINITY;
  for (const logit of row) if (logit > max) max = logit;
  let sum = 0;
  for (const logit of row) sum += Math.exp(logit - max);
  return (row[target] ?? Number.NaN) - max - Math.log(sum);
}

function show(finished: Bench): void {
  console.log(`\n${finished.name}`);
  console.table(finished.table());
}
