import path from "node:path";
import { Bench } from "tinybench";
import { openNativeEngines } from "#telltale/engine/native/engine.js";
import { makePrefills, openCorpus } from "#telltale/index.js";
import { ROOT } from "../peer-tools.js";
import { type Part, timing } from "./parts.js";

/** Making prefills of the built-in corpus with the demo model's tokenizer, beside tokenising its texts whole. */
export async function prefillPart(quick: boolean): Promise<Part> {
  const model = path.join(ROOT, "models", "base-a-q8_0.gguf");
  const [engine] = await openNativeEngines({ path: model }, [{ sequences: 1, contextSequence: 1, threads: 1 }]);
  if (engine === undefined) throw new Error("No engine was opened.");
  const corpus = await openCorpus("builtin");
  const bench = new Bench({ name: "prefills of the built-in corpus", ...timing(quick) });
  bench.add("Telltale: read, tokenise, shuffle", async () => {
    await makePrefills(corpus.documents, engine);
  });
  bench.add("read and tokenise whole texts", async () => {
    for await (const { text } of corpus.documents) await engine.tokenize([text]);
  });
  return { benches: [bench], done: () => engine.close() };
}
