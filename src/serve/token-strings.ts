import { isUtf8 } from "node:buffer";
import type { Vocabulary } from "../engine/engine.js";
import { decodeText } from "../engine/vocabulary.js";

/** The tokens of one model as an answer writes them; each made once, when it is first needed. */
export interface TokenStrings {
  /** JSON of a token alone: its text, or "bytes:\xe2\x80" where that is only part of a character. */
  label(token: number): string;
  /** JSON of the text of a sequence, without the quotes around it. */
  body(tokens: Int32Array): string;
  /** Characters (code points) of the text of tokens 0 .. i, before each of them: [n + 1], the last is that of all. */
  offsets(tokens: Int32Array): number[];
  /** Bytes of the longest token. */
  longest: number;
  /** The text of a sequence, U+FFFD for what is no UTF-8. */
  text(tokens: Int32Array): string;
}

const PARTIAL = -1;
const UNKNOWN = -2;

export function createTokenStrings(vocabulary: Vocabulary): TokenStrings {
  const { bytes, offsets } = vocabulary;
  const size = offsets.length - 1;
  const bodies = new Array<string>(size).fill("");
  // Characters of each token; PARTIAL where its bytes are no UTF-8 by themselves.
  const lengths = new Int32Array(size).fill(UNKNOWN);
  const meet = (token: number): number => {
    const known = lengths[token] as number;
    if (known !== UNKNOWN) return known;
    const piece = bytes.subarray(offsets[token], offsets[token + 1]);
    if (isUtf8(piece)) {
      const text = Buffer.from(piece.buffer, piece.byteOffset, piece.length).toString("utf8");
      bodies[token] = JSON.stringify(text).slice(1, -1);
      lengths[token] = countCharacters(text);
    } else {
      const hex = Array.from(piece, (byte) => `\\\\x${byte.toString(16).padStart(2, "0")}`);
      bodies[token] = `bytes:${hex.join("")}`;
      lengths[token] = PARTIAL;
    }
    return lengths[token] as number;
  };
  const text = (tokens: Int32Array): string => decodeText(vocabulary, tokens);
  return {
    longest: offsets.reduce((most, end, i) => Math.max(most, end - (offsets[i - 1] ?? 0)), 1),
    text,
    label(token) {
      meet(token);
      return `"${bodies[token] as string}"`;
    },
    body(tokens) {
      let joined = "";
      for (const token of tokens) {
        if (meet(token) === PARTIAL) return JSON.stringify(text(tokens)).slice(1, -1);
        joined += bodies[token] as string;
      }
      return joined;
    },
    offsets(tokens) {
      const result = [0];
      let sum = 0;
      for (const token of tokens) {
        const length = meet(token);
        if (length === PARTIAL) return offsetsOfParts(vocabulary, tokens);
        sum += length;
        result.push(sum);
      }
      return result;
    },
  };
}

/** A token that goes on with a character begins where that character does. */
function offsetsOfParts({ bytes, offsets }: Vocabulary, tokens: Int32Array): number[] {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const result = [0];
  let sum = 0;
  for (const token of tokens) {
    sum += countCharacters(decoder.decode(bytes.subarray(offsets[token], offsets[token + 1]), { stream: true }));
    result.push(sum);
  }
  result[tokens.length] = sum + countCharacters(decoder.decode());
  return result;
}

/** Code points, as Python counts. */
export function countCharacters(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit < 0xdc00) count -= 1;
  }
  return count;
}
