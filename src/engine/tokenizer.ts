import type { FileTokenizer } from "./engine.js";
import { openHostTokenizer } from "./host/tokenizer.js";
import { openNativeTokenizer } from "./native/tokenizer.js";
import type { OpenOptions } from "./options.js";

export interface OpenTokenizerOptions extends OpenOptions {
  /** In this process, where a broken file can end it inside llama.cpp. Default false: in a child process. */
  inProcess?: boolean;
}

/**
 * The vocabulary of a GGUF file: a model's, whose weights are not read, or one without weights, such as llama.cpp's
 * `ggml-vocab-*.gguf`. It has tokenize, detokenize and vocabulary, and nothing that computes. Throws FILE_UNREADABLE;
 * BAD_MODEL for a file that is broken or of no causal model; ENGINE_DIED where llama.cpp ends the child; CANCELLED.
 */
export async function openTokenizer(path: string, options: OpenTokenizerOptions = {}): Promise<FileTokenizer> {
  const { inProcess = false, ...rest } = options;
  return inProcess ? openNativeTokenizer(path, rest) : openHostTokenizer(path, rest);
}
