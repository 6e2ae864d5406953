import type { JobOptions } from "../engine.js";

/** Scores texts by a model's own tokens, whatever they are: for a completion that another tokenizer's tokens were written in. */
export interface ByteScorer {
  /** Batches in any order, every item once. */
  scoreBytes(request: ByteScoreRequest, options?: JobOptions): AsyncIterable<ByteScore[]>;
}

export interface ByteScoreRequest {
  /** What every item's context begins with, BOS and chat head: as text, and where the vocabulary is known as tokens. */
  head: { text: string; tokens: Int32Array | null };
  items: readonly ByteItem[];
}

/** Uint8Array each: UTF-8 that may begin and end inside a character. */
export interface ByteItem {
  /** Given, not scored. */
  context: Uint8Array;
  /** What is scored, at least one byte. */
  targets: Uint8Array;
}

/**
 * Tokens that start at or after the first byte of `targets`, one after the other: one that begins in the context and reaches into
 * the targets is left out.
 */
export interface ByteScore {
  /** Index into `items`. */
  item: number;
  /** Why there are no figures; null where there are. */
  problem: null | "longer than the context" | "not expressible" | "not told apart";
  /** Int32Array [n]: their ids; null where the server does not tell. */
  tokens: Int32Array | null;
  /** Byte of `targets` where the first of them starts. */
  first: number;
  /** Uint32Array [n]: byte of `targets` after each of them. */
  ends: Uint32Array;
  /** Float32Array [n], nats. */
  logprobs: Float32Array;
}
