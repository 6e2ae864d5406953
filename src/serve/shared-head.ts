import type { Work } from "./work.js";

/** A head is decoded in a batch of its own, for which the weights are read once more: as long as some 32 tokens of a full one. */
const LEAST_HEAD = 32;
/** What a new head costs in tokens: two batches that are not full ... */
const BATCHES = 64;
/** ... and a copy of whole sequences to every slot: so many of their tokens are copied while one is computed. */
const COPIED_A_TOKEN = 1024;

export interface SharedHead<W> {
  /** Int32Array [n]: what every one of `works` begins with, and each goes on after. */
  tokens: Int32Array;
  works: W[];
}

export interface HeadCosts {
  /** Int32Array [n]: the common beginning used by the job before, still in every slot. */
  kept: Int32Array;
  /** Tokens over all sequences of the context. */
  nCtx: number;
}

/**
 * What the first work and others begin with, where decoding it once saves more than it costs; null where it does not. A beginning
 * whose tokens are scored is decoded twice, once for their log-probabilities. `works`: not empty, the first of them runs in any case.
 */
export function sharedHead<W extends Work>(works: readonly W[], { kept, nCtx }: HeadCosts): SharedHead<W> | null {
  const [first] = works;
  if (first === undefined) return null;
  const lengths = works.map((work) => commonLength(first.tokens, work.tokens));
  const least = BATCHES + nCtx / COPIED_A_TOKEN;
  const decodedFirst = works.some((work) => work.kind === "score" && work.given === 1) ? 2 : 1;
  let best = { length: 0, saved: 0 };
  for (const [others, length] of [...lengths].sort((a, b) => b - a).entries()) {
    const saved = (others + 1 - decodedFirst) * length - least;
    if (length >= LEAST_HEAD && saved > best.saved) best = { length, saved };
  }
  if (kept.length >= LEAST_HEAD && commonLength(first.tokens, kept, 0) === kept.length) {
    const saved = lengths.filter((length) => length >= kept.length).length * kept.length;
    if (saved > best.saved) best = { length: kept.length, saved };
  }
  if (best.length === 0) return null;
  return {
    tokens: first.tokens.subarray(0, best.length),
    works: works.filter((_, i) => (lengths[i] as number) >= best.length),
  };
}

/** Tokens that both begin with, `rest` of their own left to each. */
function commonLength(a: Int32Array, b: Int32Array, rest = 1): number {
  const most = Math.min(a.length - 1, b.length - rest);
  let length = 0;
  while (length < most && a[length] === b[length]) length += 1;
  return length;
}
