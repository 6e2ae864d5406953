import { ATTRIBUTE } from "../engine/bytes/pieces.js";
import type { Vocabulary } from "../engine/engine.js";

const NEVER = ATTRIBUTE.unknown | ATTRIBUTE.unused | ATTRIBUTE.control;

/**
 * Cuts bytes into the longest piece that fits, again and again: what any tokenizer comes near to, and what a model likes less
 * than the tokens it was trained with. Bytes without a piece are left out. Int32Array [n].
 */
export function longestMatch({ bytes: pieces, offsets, attributes }: Vocabulary, text: Uint8Array): Int32Array {
  const tokens = new Map<string, number>();
  let longest = 0;
  for (const [token, attribute] of attributes.entries()) {
    const piece = latin(pieces.subarray(offsets[token] as number, offsets[token + 1] as number));
    if (piece === "" || (attribute & NEVER) !== 0) continue;
    // Where a letter has a byte token, too, text is written with the letter.
    if (!tokens.has(piece) || (attribute & ATTRIBUTE.normal) !== 0) tokens.set(piece, token);
    longest = Math.max(longest, piece.length);
  }
  const given = latin(text);
  const cut: number[] = [];
  for (let at = 0; at < given.length; ) {
    let length = Math.min(longest, given.length - at);
    while (length > 0 && !tokens.has(given.slice(at, at + length))) length -= 1;
    if (length > 0) cut.push(tokens.get(given.slice(at, at + length)) as number);
    at += Math.max(1, length);
  }
  return Int32Array.from(cut);
}

/** One character a byte. */
function latin(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
