import { definedOnly } from "../defined.js";
import type { FileTokenizer } from "../engine/engine.js";
import { openTokenizer as openFile } from "../engine/tokenizer.js";
import { type FindOptions, findModel } from "./find-model.js";

/** How a vocabulary is opened. */
export interface OpenTokenizerOptions extends FindOptions {
  /** In this process, where a broken file can end it inside llama.cpp. Default false: in a child process. */
  inProcess?: boolean | undefined;
}

/**
 * The vocabulary of a GGUF model, by path or name, without its weights; or of a file that holds nothing else. It has tokenize,
 * detokenize and vocabulary, and nothing that computes.
 *
 * Throws FILE_UNREADABLE; BAD_MODEL for a file that is broken or of no causal model; ENGINE_DIED where llama.cpp ends the child; for
 * a name DOWNLOAD_FAILED; CANCELLED.
 */
export async function openTokenizer(model: string, options: OpenTokenizerOptions = {}): Promise<FileTokenizer> {
  const { path } = await findModel(model, options);
  const { inProcess, signal } = options;
  return openFile(path, definedOnly({ inProcess, signal }));
}
