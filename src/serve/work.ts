import type { Sampling } from "../engine/engine.js";

/** A request of a client, as far as the queue knows it. */
export interface Ticket {
  /** Its client has gone: nothing of it needs to run. */
  gone: boolean;
}

interface Common {
  ticket: Ticket;
  /** Int32Array [n]: all tokens of the prompt. */
  tokens: Int32Array;
  /** So many of the first tokens are the head, as asked for; null: whatever pays. */
  prefix: number | null;
  /** When its turn is: requests take turns, prompt by prompt. */
  turn: number;
  /** Ran with others in a job that failed, so it is to run on its own. */
  alone: boolean;
  reject(error: unknown): void;
}

export interface ScoreWork extends Common {
  kind: "score";
  /** So many of the first tokens are given, the others scored; more than `prefix`, less than all. */
  given: number;
  /** The likeliest tokens are wanted, too. */
  top: boolean;
  resolve(result: Scored): void;
}

export interface GenerateWork extends Common {
  kind: "generate";
  maxTokens: number;
  samples: number;
  /** Null: greedy. Without a seed any will do. */
  sampling: Sampling | null;
  /** The prompt's place in its request: a draw depends on it. */
  place: number;
  resolve(result: Generated[]): void;
}

export type Work = ScoreWork | GenerateWork;

/** Float32Array [tokens - given]; `top` with one entry more, for what would come after the last token. */
export interface Scored {
  logprobs: Float32Array;
  top: Top | null;
}

export interface Top {
  tokens: Int32Array;
  logprobs: Float32Array;
}

export interface Generated {
  tokens: Int32Array;
  logprobs: Float32Array;
  stop: "eog" | "maxTokens";
}

/** Tokens that are decoded for a work after a head of so many. */
export function costOf(work: Work, head: number): number {
  const own = Math.max(1, work.tokens.length - head);
  return work.kind === "score" ? own : own + work.maxTokens * work.samples;
}
