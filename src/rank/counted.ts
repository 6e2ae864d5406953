import type { CompletionRecord } from "../journal/records.js";

/** Sums of one model's log-probabilities over a completion; two of them, because the last token may not count. */
export interface ScoreSums {
  /** Nats: the sum of -log p over all tokens but the last, and -log p of the last. */
  nllHead: number;
  nllLast: number;
  /** All tokens of the completion. */
  tokens: number;
}

/** Sums log-probabilities [n], nats, in double precision; null where a value is NaN or infinite, or n is 0. */
export function sumScores(logprobs: Float32Array | Float64Array): ScoreSums | null {
  const tokens = logprobs.length;
  const last = logprobs[tokens - 1];
  if (last === undefined) return null;
  let sum = 0;
  for (let i = 0; i < tokens - 1; i += 1) sum += logprobs[i] as number;
  return Number.isFinite(sum + last) ? { nllHead: -sum, nllLast: -last, tokens } : null;
}

/** True where a completion's last token is the end-of-generation token and is not to be counted. */
export function leavesOutLast(stop: CompletionRecord["stop"], countEndOfGeneration: boolean): boolean {
  return stop === "eog" && !countEndOfGeneration;
}

/** Number of counted tokens of a completion of `tokens` tokens. */
export function countedTokens(tokens: number, leaveOutLast: boolean): number {
  return leaveOutLast ? Math.max(0, tokens - 1) : tokens;
}

/** Nats: the sum of -log p over the counted tokens. */
export function countedNll(sums: Pick<ScoreSums, "nllHead" | "nllLast">, leaveOutLast: boolean): number {
  return leaveOutLast ? sums.nllHead : sums.nllHead + sums.nllLast;
}
