import { TelltaleError } from "../errors.js";
import type { Vocabulary } from "./engine.js";

/** The bytes of a token sequence: its pieces one after the other. Throws BAD_ARGUMENT for an id out of range. */
export function decode(vocabulary: Pick<Vocabulary, "bytes" | "offsets">, sequence: ArrayLike<number>): Uint8Array {
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
export function decodeText(vocabulary: Pick<Vocabulary, "bytes" | "offsets">, sequence: ArrayLike<number>): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(decode(vocabulary, sequence));
}
