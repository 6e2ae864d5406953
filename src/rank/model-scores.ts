import { decodeFloat32 } from "../journal/float32.js";
import { parseScoreRecord } from "../journal/parse.js";
import type { Alignment } from "../journal/records.js";
import { type ScoreSums, sumScores } from "./counted.js";

/** One model's log-probabilities of one completion. */
export interface ModelScores {
  /** The completion's id. */
  id: string;
  /** Float32Array, nats: [tokens of the completion], or of a model with another tokenizer [its own tokens that were counted]. */
  logprobs: Float32Array;
  /** How its tokens lie beside the completion's; null where they are the completion's. */
  aligned: Alignment | null;
}

/** A piece of a completion between two places where both tokenisations have a border: ranges of tokens, the ends left out. */
export interface Segment {
  from: number;
  to: number;
  otherFrom: number;
  otherTo: number;
  /** Whether both ranges are of the same bytes. */
  compared: boolean;
}

/** A line of a scores file; throws a sentence's end where it is none. */
export function parseScores(value: unknown): ModelScores {
  const { id, logprobs, aligned = null } = parseScoreRecord(value);
  const scores = { id, logprobs: decodeFloat32(logprobs), aligned };
  if (aligned === null) return scores;
  const segments = segmentsOf(aligned);
  if ((segments.at(-1)?.otherTo ?? 0) !== scores.logprobs.length)
    throw new Error('its "segments" do not add up to its log-probabilities');
  if (segments.some(({ from, to, otherFrom, otherTo }) => from === to && otherFrom < otherTo))
    throw new Error('its "segments" hold log-probabilities of no token');
  return scores;
}

export function segmentsOf({ segments, partial }: Alignment): Segment[] {
  let [to, otherTo] = [0, 0];
  return Array.from({ length: segments.length / 2 }, (_, pair) => {
    const [from, otherFrom] = [to, otherTo];
    to += segments[2 * pair] as number;
    otherTo += segments[2 * pair + 1] as number;
    return { from, to, otherFrom, otherTo, compared: !partial.includes(pair) };
  });
}

/** Tokens of the completion that these scores are of. */
export function completionTokens({ logprobs, aligned }: Pick<ModelScores, "logprobs" | "aligned">): number {
  return aligned === null ? logprobs.length : (segmentsOf(aligned).at(-1)?.to ?? 0);
}

/** The sums over the completion's tokens; null where a value is not finite or the model has not scored any token. */
export function sumModelScores({ logprobs, aligned }: ModelScores): ScoreSums | null {
  if (aligned === null || logprobs.length === 0) return sumScores(logprobs);
  return sumScores(spread(logprobs, aligned));
}

/**
 * Float64Array [tokens of the completion], nats: log p under the finetuned model less log p under the reference. Where one of
 * them has other tokens every token of a segment has the segment's mean, and 0 where there is nothing to compare.
 */
export function scoreRatios(finetuned: ModelScores, reference: ModelScores): Float64Array {
  const aligned = finetuned.aligned ?? reference.aligned;
  if (aligned === null) {
    return Float64Array.from(finetuned.logprobs, (logprob, i) => logprob - (reference.logprobs[i] as number));
  }
  const ratios = new Float64Array(completionTokens({ logprobs: finetuned.logprobs, aligned }));
  for (const { from, to, otherFrom, otherTo, compared } of segmentsOf(aligned)) {
    if (!compared) continue;
    const sumOf = ({ logprobs, aligned: own }: ModelScores): number =>
      own === null ? sumRange(logprobs, from, to) : sumRange(logprobs, otherFrom, otherTo);
    ratios.fill((sumOf(finetuned) - sumOf(reference)) / (to - from), from, to);
  }
  return ratios;
}

/** Float64Array [tokens of the completion]: each segment's sum in equal parts, so that sums over whole segments stay what they are. */
function spread(logprobs: Float32Array, aligned: Alignment): Float64Array {
  const segments = segmentsOf(aligned);
  const values = new Float64Array(segments.at(-1)?.to ?? 0);
  for (const { from, to, otherFrom, otherTo } of segments)
    values.fill(sumRange(logprobs, otherFrom, otherTo) / (to - from), from, to);
  return values;
}

function sumRange(values: Float32Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i += 1) sum += values[i] as number;
  return sum;
}
