/** Which of the two models a score belongs to. */
export const ROLES = ["finetuned", "reference"] as const satisfies readonly Role[];
/** Which of the two models. */
export type Role = "finetuned" | "reference";

/** Where a completion's log-probabilities come from: a model's scoring pass, or what was seen while it was generated. */
export const SCORE_SOURCES = ["finetuned", "reference", "captured"] as const satisfies readonly ScoreSource[];
/** "captured": seen while generating. */
export type ScoreSource = Role | "captured";

/** One line of completions.jsonl. */
export interface CompletionRecord {
  /** `<corpus>/<format>/<prefill index>`, with `.<sample>` behind it when a prefill has several. Unique in a run. */
  id: string;
  /** `<corpus>/<format>`, e.g. "builtin/chat". */
  configuration: string;
  /** Token ids of the prefill, without the head (BOS, chat head) that run.json records. */
  prefill: number[];
  /** Token ids of the completion; with stop "eog" the last of them is the end-of-generation token. */
  completion: number[];
  /** "eog": the model ended it; "maxTokens": it was cut off. */
  stop: "eog" | "maxTokens";
  /** Bytes of the completion, the end-of-generation token left out; as many as its text has in a run that does not say. */
  bytes: number;
  /** Prefill and completion as text, for people and `grep`: broken UTF-8 replaced, the end-of-generation token left out. */
  prefillText: string;
  /** Model output: treat as hostile. */
  completionText: string;
}

/** One line of errors.jsonl. */
export interface ErrorRecord {
  /** The completion's id. */
  id: string;
  /** What failed: making it, or scoring it under a model. */
  step: "generate" | Role;
  /** An error code, or why a model with other tokens has no score for it. */
  problem: string;
}

/** One line of scores.<source>.jsonl. */
export interface ScoreRecord {
  /** The completion's id. */
  id: string;
  /** Base64 of little-endian float32 [completion.length], nats; with `aligned` [the model's own tokens that were counted]. */
  logprobs: string;
  /** Where the model has another tokenizer than the one whose tokens the completion is made of: it scored the same bytes. */
  aligned?: Alignment;
}

/** A completion's tokens beside the other model's tokens of the same bytes. */
export interface Alignment {
  /** The other model's token ids; null where a server does not tell them. */
  tokens: number[] | null;
  /**
   * Pairs, one after the other: how many of the completion's tokens, and how many of the other model's, lie between two places
   * where both tokenisations have a border. The first numbers add up to completion.length.
   */
  segments: number[];
  /** Indices of pairs whose tokens are not of the same bytes, such as the end-of-generation token, which is no text. */
  partial: number[];
}
