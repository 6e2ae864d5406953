import type { TokenizerFacts, Vocabulary } from "../engine.js";

/** llama.cpp's attribute bits, as far as they matter here. */
export const ATTRIBUTE = { unknown: 1, unused: 2, normal: 4, control: 8, userDefined: 16, byte: 32 };
const NEVER = ATTRIBUTE.unknown | ATTRIBUTE.unused | ATTRIBUTE.control;
/** What is preferred where several tokens have the same bytes; the byte token of a letter would be unlike what a model writes. */
const PREFERENCE = [ATTRIBUTE.normal, ATTRIBUTE.byte, ATTRIBUTE.userDefined];

/** Bytes of the longest piece that bytes are spelled with: a character's. */
const LONGEST = 4;

/** The pieces of a vocabulary that text may be written with. */
export interface Pieces {
  vocabulary: Vocabulary;
  /** Uint8Array [nTokens]: 1 where a token may stand for text, 0 for control tokens and pieces without bytes. */
  usable: Uint8Array;
  /** The preferred token of every piece of up to 4 bytes. */
  short: Map<number, number>;
}

/** Sorts a vocabulary's tokens. Beginning and end of a text count as control tokens even where a file does not mark them. */
export function piecesOf(vocabulary: Vocabulary, facts: Pick<TokenizerFacts, "bos" | "eos" | "eot">): Pieces {
  const { bytes, offsets, attributes } = vocabulary;
  const usable = new Uint8Array(attributes.length);
  const short = new Map<number, number>();
  const ends = new Set([facts.bos, facts.eos, facts.eot]);
  for (const [token, attribute] of attributes.entries()) {
    const start = offsets[token] as number;
    const length = (offsets[token + 1] as number) - start;
    // Models of single characters may take a newline for the end: as text it is still a newline.
    if (length === 0 || (attribute & NEVER) !== 0 || (length > 1 && ends.has(token))) continue;
    usable[token] = 1;
    if (length > LONGEST) continue;
    const key = keyOf(bytes, start, length);
    const known = short.get(key);
    if (known === undefined || rank(attribute) < rank(attributes[known] as number)) short.set(key, token);
  }
  return { vocabulary, usable, short };
}

/**
 * Some of a text's bytes in as few pieces of up to 4 bytes as possible, longer ones first; null where the vocabulary lacks one.
 * In byte-level BPE a part of a character is often a piece of its own, which a model that stops inside it would have written.
 */
export function spell({ short }: Pieces, bytes: Uint8Array, start: number, end: number): Int32Array | null {
  // fewest[i]: tokens from byte start + i to the end; chosen[i]: bytes of the first of them.
  const fewest = new Float64Array(end - start + 1).fill(Number.POSITIVE_INFINITY);
  const chosen = new Uint8Array(end - start);
  fewest[end - start] = 0;
  for (let i = end - start - 1; i >= 0; i--) {
    for (let length = Math.min(LONGEST, end - start - i); length > 0; length--) {
      const count = 1 + (fewest[i + length] as number);
      if (count >= (fewest[i] as number) || !short.has(keyOf(bytes, start + i, length))) continue;
      fewest[i] = count;
      chosen[i] = length;
    }
  }
  if (fewest[0] === Number.POSITIVE_INFINITY) return null;
  const tokens: number[] = [];
  for (let i = 0; i < end - start; i += chosen[i] as number) {
    tokens.push(short.get(keyOf(bytes, start + i, chosen[i] as number)) as number);
  }
  return Int32Array.from(tokens);
}

/**
 * How far tokens say just these bytes, from token `first` on and in whole pieces: how many of them, and the byte after the last.
 * `start` may be -1, which stands for a space before the text.
 */
export function matchPieces(
  { vocabulary: { bytes: pieces, offsets }, usable }: Pieces,
  tokens: Int32Array,
  first: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): { count: number; at: number } {
  let at = start;
  let count = 0;
  for (let i = first; i < tokens.length && at < end; i++) {
    const token = tokens[i] as number;
    const from = offsets[token] as number;
    const length = (offsets[token + 1] as number) - from;
    if (usable[token] !== 1 || at + length > end) break;
    let equal = 0;
    while (equal < length && pieces[from + equal] === (at + equal < 0 ? SPACE : bytes[at + equal])) equal++;
    if (equal < length) break;
    at += length;
    count++;
  }
  return { count, at };
}

/** The token that stands for one byte; undefined where the vocabulary has none. */
export function tokenOfByte({ short }: Pick<Pieces, "short">, byte: number): number | undefined {
  return short.get(keyOf(Uint8Array.of(byte), 0, 1));
}

const SPACE = 0x20;

function keyOf(bytes: Uint8Array, start: number, length: number): number {
  let key = length;
  for (let i = 0; i < length; i++) key = key * 256 + (bytes[start + i] as number);
  return key;
}

function rank(attribute: number): number {
  const place = PREFERENCE.findIndex((bit) => (attribute & bit) !== 0);
  return place === -1 ? PREFERENCE.length : place;
}
