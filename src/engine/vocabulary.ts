import { TelltaleError } from "../errors.js";
import type { Vocabulary } from "./engine.js";

/** The bytes of a token sequence: its pieces one after the other. Throws BAD_ARGUMENT for an id out of range. */
export function decode(vocabulary: Vocabulary, sequence: ArrayLike<number>): Uint8Array {
  const { bytes, offsets } = vocabulary;
  const parts: Uint8Array[] = [];
  for (let i = 0; i < sequence.length; i++) {
    const token = sequence[i] as number;
    const start = offsets[token];
    const end = offsets[token + 1];
    if (start === undefined || end === undefined) {
      throw new TelltaleError(
        "BAD_ARGUMENT",
        `Token id ${token} is outside the vocabulary (0 to ${offsets.length - 2}).`,
      );
    }
    parts.push(bytes.subarray(start, end));
  }
  return Buffer.concat(parts);
}

/** The same as text, with what is broken UTF-8 (a completion may end inside a character) replaced by U+FFFD. */
export function decodeText(vocabulary: Vocabulary, sequence: ArrayLike<number>): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(decode(vocabulary, sequence));
}

/** Where two loaded vocabularies first differ, as a sentence; undefined when all pieces and attributes are equal. */
export function vocabularyDifference(a: Vocabulary, b: Vocabulary): string | undefined {
  const [sizeA, sizeB] = [a.attributes.length, b.attributes.length];
  if (sizeA !== sizeB) return `one has ${sizeA} tokens, the other ${sizeB}`;
  const sameBytes = Buffer.compare(a.bytes, b.bytes) === 0;
  for (let token = 0; token < sizeA; token++) {
    const sameEnds = a.offsets[token + 1] === b.offsets[token + 1];
    if (sameBytes && sameEnds && a.attributes[token] === b.attributes[token]) continue;
    const [pieceA, pieceB] = [decode(a, [token]), decode(b, [token])];
    if (Buffer.compare(pieceA, pieceB) === 0 && a.attributes[token] === b.attributes[token]) continue;
    const show = (piece: Uint8Array): string => JSON.stringify(new TextDecoder().decode(piece));
    return `token ${token} is ${show(pieceA)} in one and ${show(pieceB)} in the other, or is of another kind`;
  }
  return undefined;
}
