import { TelltaleError } from "../errors.js";
import type { CorpusOrigin } from "../prefill/corpus.js";
import { openCorpus } from "../prefill/corpus.js";
import { makePrefills, type PrefillCounts, type Tokenizer } from "../prefill/prefills.js";
import { parseCorpus } from "../prefill/spec.js";
import type { ResolvedAuditOptions } from "./options.js";

/** The prefills of one corpus, and where they come from. */
export interface CorpusPrefills {
  name: string;
  origin: CorpusOrigin;
  prefills: Int32Array[];
  counts: PrefillCounts;
}

/** Prefills of every corpus asked for, by the finetuned model's tokenizer. */
export async function preparePrefills(
  options: Pick<ResolvedAuditOptions, "corpora" | "column" | "prefillTokens" | "limit" | "seed">,
  tokenizer: Tokenizer,
  signal?: AbortSignal,
): Promise<CorpusPrefills[]> {
  const specs = options.corpora.map(parseCorpus);
  const names = specs.map((spec) => spec.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new TelltaleError(
      "BAD_ARGUMENT",
      `Two of the corpora are called "${twice}", so their results could not be told apart: give each once, or rename a file.`,
    );
  }
  const result: CorpusPrefills[] = [];
  for (const spec of specs) {
    const corpus = await openCorpus(spec, { column: options.column, ...(signal && { signal }) });
    const { prefills, counts } = await makePrefills(corpus.documents, tokenizer, {
      tokens: options.prefillTokens,
      limit: options.limit ?? undefined,
      seed: options.seed,
      signal,
    });
    result.push({ name: corpus.name, origin: corpus.origin, prefills, counts });
  }
  return result;
}
