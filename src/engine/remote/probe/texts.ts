import type { ScoringManner } from "../manner.js";
import type { PromptLogprobs } from "../prompt-logprobs.js";
import { layOut } from "../score-bytes.js";

/** Tokens that a server puts before a text. */
export interface Added {
  count: number;
  text: string;
}

/** More of them are a template rather than BOS. */
const MOST_ADDED = 2;

/** What a server puts before a text that it makes tokens of, found by laying its tokens out over the text. */
export function addedBefore(text: string, told: PromptLogprobs, scoring: ScoringManner): Added | { reason: string } {
  for (let count = 0; count <= MOST_ADDED; count++) {
    if (layOut(Buffer.from(text), told, count, scoring.maxTokens) === null) continue;
    return { count, text: told.texts.slice(0, count).join("") };
  }
  return {
    reason:
      "scores another text than it was sent: its tokens do not make up that text. If it applies a chat template to completions, " +
      "switch that off; if its tokens are texts that were changed, send token ids by giving the model's vocabulary " +
      "(--finetuned-tokenizer FILE.gguf or --reference-tokenizer FILE.gguf).",
  };
}
