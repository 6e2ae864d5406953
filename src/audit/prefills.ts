import type { DownloadProgress } from "../hub/settings.js";
import { type Corpus, type CorpusOrigin, openCorpus } from "../prefill/corpus.js";
import { makePrefills, type PrefillCounts, type PrefillTokenizer } from "../prefill/prefills.js";
import { parseCorpus } from "../prefill/spec.js";
import type { OnAuditEvent } from "./events.js";
import type { ResolvedAuditOptions } from "./options.js";

/** The prefills of one corpus, and where they come from. */
export interface CorpusPrefills {
  name: string;
  origin: CorpusOrigin;
  prefills: Int32Array[];
  counts: PrefillCounts;
  /** SHA-256 of all prefills, hex: what tells two runs' prefills apart. */
  digest: string;
}

/** Finds the corpora asked for; fails here where one does not exist, before any model is loaded. */
export function openCorpora(
  options: Pick<ResolvedAuditOptions, "corpora" | "column">,
  onEvent: OnAuditEvent,
  signal?: AbortSignal,
): Promise<Corpus[]> {
  const corpusOptions = {
    column: options.column,
    onProgress: (progress: DownloadProgress) => onEvent({ type: "download", ...progress }),
    ...(signal && { signal }),
  };
  return Promise.all(options.corpora.map((corpus) => openCorpus(parseCorpus(corpus), corpusOptions)));
}

/** Prefills of every corpus, by the finetuned model's tokenizer. */
export async function preparePrefills(
  corpora: readonly Corpus[],
  options: Pick<ResolvedAuditOptions, "prefillTokens" | "limit" | "seed">,
  tokenizer: PrefillTokenizer,
  signal?: AbortSignal,
): Promise<CorpusPrefills[]> {
  const result: CorpusPrefills[] = [];
  for (const { name, origin, documents } of corpora) {
    const { prefills, counts, digest } = await makePrefills(documents, tokenizer, {
      tokens: options.prefillTokens,
      limit: options.limit ?? undefined,
      seed: options.seed,
      signal,
    });
    result.push({ name, origin, prefills, counts, digest });
  }
  return result;
}
