import { type Corpus, openCorpus as openFound } from "../prefill/corpus.js";
import { parseCorpus } from "../prefill/spec.js";
import { type FindOptions, hubOptions } from "./find-model.js";

/** Where a corpus comes from. */
export interface CorpusOptions extends FindOptions {
  /** The column or field that holds the text, unless the corpus' name says so. Default "text". */
  column?: string | undefined;
}

/**
 * Finds a corpus and says what it is; its documents are read when they are iterated over, any number of times.
 *
 * `corpus`: `builtin`; `file:PATH` (.txt, .jsonl, .ndjson, .json, .parquet); `hf:OWNER/DATASET[@REVISION][:COLUMN]`; or `c4-10k`,
 * `pile-10k`, `code-10k`, `wiki-10k`. Throws BAD_ARGUMENT for none of these, BAD_CORPUS, FILE_UNREADABLE, DOWNLOAD_FAILED, CANCELLED.
 */
export async function openCorpus(corpus: string, options: CorpusOptions = {}): Promise<Corpus> {
  return openFound(parseCorpus(corpus), { ...hubOptions(options), column: options.column });
}
