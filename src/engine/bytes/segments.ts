import type { ByteScore } from "./types.js";

type Tokens = Pick<ByteScore, "first" | "ends">;

/**
 * Aligns two tokenisations of a completion on the byte boundaries that both have: flat pairs, of each segment the number of the
 * author's tokens and of the other model's. `author`: Uint32Array [n], the byte after each of the author's tokens, the
 * end-of-generation token left out. The pairs add up to the tokens of each. Where the other's first counted token starts behind
 * the first byte, the first segment holds what it has no counted token for; where the last tokens end at different bytes, the last
 * segment does: see `partialSegments`. A token without bytes belongs to the segment that ends where it stands.
 */
export function segments(author: Uint32Array, { first, ends }: Tokens): number[] {
  const pairs: number[] = [];
  let closed = 0;
  let closedOther = 0;
  let other = 0;
  for (const [i, end] of author.entries()) {
    // At the very start there is nothing to close, and of several tokens that end here the last one closes.
    if (end === 0 || author[i + 1] === end) continue;
    while (other < ends.length && (ends[other] as number) < end) other++;
    const before = other;
    while (other < ends.length && ends[other] === end) other++;
    if (other === before && end !== first) continue;
    pairs.push(i + 1 - closed, other - closedOther);
    closed = i + 1;
    closedOther = other;
  }
  const rest = author.length - closed;
  const restOther = ends.length - closedOther;
  if (rest === 0 && pairs.length > 0) pairs[pairs.length - 1] = (pairs.at(-1) as number) + restOther;
  else if (rest > 0 || restOther > 0) pairs.push(rest, restOther);
  return pairs;
}

/** Which segments are not the same bytes on both sides: none but the first and the last can be. */
export function partialSegments(author: Uint32Array, { first, ends }: Tokens): { first: boolean; last: boolean } {
  const segmented = author.length > 0 || ends.length > 0;
  return { first: segmented && first > 0, last: segmented && (ends.at(-1) ?? first) !== (author.at(-1) ?? 0) };
}
