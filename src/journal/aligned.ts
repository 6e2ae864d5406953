/**
 * Lays another tokenizer's log-probabilities over the author's tokens: of each segment the sum of what was counted, spread equally
 * over the author's tokens in it. `segments`: flat pairs, of each segment the number of the author's tokens and of the other's.
 * Returns Float64Array [author's tokens], nats; the sum of all is that of `logprobs`.
 */
export function projectOnTokens(segments: ArrayLike<number>, logprobs: ArrayLike<number>): Float64Array {
  let author = 0;
  for (let i = 0; i < segments.length; i += 2) author += segments[i] as number;
  const projected = new Float64Array(author);
  let at = 0;
  let other = 0;
  for (let i = 0; i < segments.length; i += 2) {
    const tokens = segments[i] as number;
    const counted = segments[i + 1] as number;
    let sum = 0;
    for (let j = other; j < other + counted; j++) sum += logprobs[j] as number;
    projected.fill(sum / tokens, at, at + tokens);
    at += tokens;
    other += counted;
  }
  return projected;
}
