import { Bench } from "tinybench";
import { loadAddon } from "#telltale/engine/native/addon.js";
import { NOTHING_TO_CLEAR, type Part, timing } from "./parts.js";

const VOCABULARIES = [4_096, 32_000, 151_936];
const KERNELS = ["avx512", "avx2", "neon", "plain"];

/** log p(target) of one row by every kernel this processor has, beside plain JavaScript. */
export async function logSoftmaxPart(quick: boolean): Promise<Part> {
  const addon = loadAddon();
  const benches = VOCABULARIES.map((size) => {
    const row = Float32Array.from({ length: size }, (_, i) => 10 * Math.sin(i * 12.9898));
    const bench = new Bench({ name: `log p(target) of a row of ${size} logits`, ...timing(quick) });
    for (const kernel of KERNELS) {
      if (addon.rowLogprob(kernel, row, 0) === null) continue;
      bench.add(kernel, () => {
        addon.rowLogprob(kernel, row, 0);
      });
    }
    return bench.add("JavaScript, two passes", () => {
      logprobInJavaScript(row, 0);
    });
  });
  return { benches, done: NOTHING_TO_CLEAR };
}

function logprobInJavaScript(row: Float32Array, target: number): number {
  let max = Number.NEGATIVE_INFINITY;
  for (const logit of row) if (logit > max) max = logit;
  let sum = 0;
  for (const logit of row) sum += Math.exp(logit - max);
  return (row[target] ?? Number.NaN) - max - Math.log(sum);
}
