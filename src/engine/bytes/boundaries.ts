import type { Vocabulary } from "../engine.js";

/** Uint32Array [nTokens]: the byte after each token of a sequence, counted from its first. */
export function boundaries({ offsets }: Pick<Vocabulary, "offsets">, tokens: ArrayLike<number>): Uint32Array {
  const ends = new Uint32Array(tokens.length);
  let at = 0;
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i] as number;
    at += (offsets[token + 1] as number) - (offsets[token] as number);
    ends[i] = at;
  }
  return ends;
}
