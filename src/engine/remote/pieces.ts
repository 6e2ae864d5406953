import type { TokenizerFacts, Vocabulary } from "../engine.js";

/** llama.cpp's attribute bit of control tokens, such as end-of-text. */
const CONTROL = 1 << 3;

/** A vocabulary for looking up tokens by their texts and the reverse. */
export interface Pieces {
  size: number;
  bytesOf(id: number): Buffer;
  isControl(id: number): boolean;
  /** The token whose bytes are just this text; null where there is none, or more than one. */
  idOf(text: string): number | null;
  /** Whether generation ends with it. */
  isEnd(id: number): boolean;
  /** The tokens that may have ended a completion where that is not told: end of text, end of turn. */
  ends: number[];
  /** Some token that stands for one printable ASCII character. */
  plain: number;
}

export function openPieces({ bytes, offsets, attributes }: Vocabulary, { eos, eot }: TokenizerFacts): Pieces {
  const size = attributes.length;
  const bytesOf = (id: number): Buffer =>
    Buffer.from(bytes.buffer, bytes.byteOffset + (offsets[id] ?? 0), (offsets[id + 1] ?? 0) - (offsets[id] ?? 0));
  const isControl = (id: number): boolean => ((attributes[id] ?? 0) & CONTROL) !== 0;
  let byText: Map<string, number | null> | undefined;
  const texts = (): Map<string, number | null> => {
    if (byText !== undefined) return byText;
    byText = new Map();
    for (let id = 0; id < size; id++) {
      const text = bytesOf(id).toString("utf8");
      // What is no UTF-8 by itself looks alike once it is shown.
      byText.set(text, byText.has(text) || text.includes("\ufffd") ? null : id);
    }
    return byText;
  };
  return {
    size,
    bytesOf,
    isControl,
    idOf: (text) => texts().get(text) ?? null,
    isEnd: (id) => id === eos || id === eot || isControl(id),
    ends: [...new Set([eos, eot])].filter((id) => id >= 0),
    get plain() {
      for (let code = 0x61; code <= 0x7e; code++) {
        const id = texts().get(String.fromCharCode(code)) ?? null;
        if (id !== null) return id;
      }
      return 0;
    },
  };
}
