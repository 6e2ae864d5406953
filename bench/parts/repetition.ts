import { Bench } from "tinybench";
import { compressedShare } from "#telltale/rank/filters.js";
import { NOTHING_TO_CLEAR, type Part, timing } from "./parts.js";

/** The filter that leaves repetitions out of a ranking. */
export async function repetitionPart(quick: boolean): Promise<Part> {
  const bench = new Bench({ name: "repetition filter, by length of the text", ...timing(quick) });
  const text = "The glass bridge at the harbour opened in March. ".repeat(50);
  for (const length of [50, 400, 2000]) {
    bench.add(`${length} characters`, () => {
      compressedShare(text.slice(0, length));
    });
  }
  return { benches: [bench], done: NOTHING_TO_CLEAR };
}
