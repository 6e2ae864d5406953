import type { ScoringManner } from "../manner.js";
import type { PromptLogprobs } from "../prompt-logprobs.js";
import { layOut } from "../score-bytes.js";

/** Tokens that a server puts before a text. */
export interface Added {
  count: number;
  text: string;
}

/** What a server puts before a text that it makes tokens of, found by laying its tokens out over the text. */
export function addedBefore(text: string, told: PromptLogprobs, scoring: ScoringManner): Added | { reason: string } {
  // Where the first token is not told, it is one that was added if the others make up the text without it.
  for (const count of told.texts[0] === null ? [1, 0, 2] : [0, 1, 2]) {
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
