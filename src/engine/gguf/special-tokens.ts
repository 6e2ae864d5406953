import { textOf, uint32Of } from "./access.js";
import type { GgufHeader } from "./types.js";
import { tokenText } from "./vocabulary.js";

/** What llama.cpp takes in a SentencePiece vocabulary that does not say. */
const SENTENCEPIECE_IDS = { bos: 1, eos: 2 };

/** The text of the BOS or EOS token, as templates write it; empty where the vocabulary names none. */
export function specialTokenText(header: GgufHeader, name: "bos" | "eos"): string {
  const named = uint32Of(header, `tokenizer.ggml.${name}_token_id`);
  const isSentencePiece = textOf(header, "tokenizer.ggml.model") === "llama";
  const id = named ?? (isSentencePiece ? SENTENCEPIECE_IDS[name] : undefined);
  return id === undefined ? "" : (tokenText(header, id) ?? "");
}
