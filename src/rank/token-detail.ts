import type { Role } from "../journal/records.js";

/** What a model with another tokenizer made of a completion's bytes. */
export interface AlignedDetail {
  /** Which model that is. */
  role: Role;
  /** Its own tokens that start at or after the completion's first byte. */
  tokens: number;
  /** Nats: the sum of -log p over them, those that cannot be compared piece by piece included. */
  nll: number;
  /** Tokens of the completion between two places at which both tokenisations have a border: only whole segments can be compared. */
  segments: number[];
}

/** A completion token by token. */
export interface TokenDetail {
  /** The completion's id. */
  id: string;
  /** Token ids of the prefill. */
  prefill: number[];
  /** Token ids of the completion, all of it. */
  completion: number[];
  /**
   * Text of each token of the completion; a character that takes several tokens is at the one that ends it, and the others are empty. Null where
   * the run holds no vocabulary.
   */
  texts: string[] | null;
  /**
   * Nats: log p of each token of the completion under the finetuned model; null where a model has not scored it. With `aligned` each token has the mean of its
   * segment, and under the model with other tokens null where there is nothing to compare.
   */
  finetuned: (number | null)[] | null;
  /** The same under the reference. */
  reference: (number | null)[] | null;
  /** Where one model has another tokenizer, as far as it has scored the completion; null where both have the same tokens. */
  aligned: AlignedDetail | null;
  /** Those of the finetuned model are the ones captured while generating. */
  captured: boolean;
  /** "eog": the model ended it; "maxTokens": it was cut off. */
  stop: "eog" | "maxTokens";
  /** Bytes of the completion, the end-of-generation token left out. */
  bytes: number;
  /** Text of the prefill. */
  prefillText: string;
  /** Text of the completion. Model output: treat as hostile. */
  completionText: string;
}
