import { Bench } from "tinybench";
import { loadAddon } from "#telltale/engine/native/addon.js";
import { randomNumbers } from "#telltale/prefill/shuffle.js";
import { NOTHING_TO_CLEAR, type Part, timing } from "./parts.js";

/** Planning the micro-batches of so many completions of 1 to 100 tokens. */
export async function plannerPart(quick: boolean): Promise<Part> {
  const addon = loadAddon();
  const next = randomNumbers(3);
  const bench = new Bench({ name: "micro-batches for items of 1 to 100 tokens", ...timing(quick) });
  for (const items of [256, 20_000]) {
    const lengths = Uint32Array.from({ length: items }, () => 1 + Math.floor(100 * next()));
    bench.add(`${items} items`, () => {
      addon.planScoring(lengths, 512, 64);
    });
  }
  return { benches: [bench], done: NOTHING_TO_CLEAR };
}
