import { describe, expect, it } from "vitest";
import { matchPieces, piecesOf, spell } from "#telltale/engine/bytes/pieces.js";
import type { Vocabulary } from "#telltale/engine/engine.js";
import { BYTE, NORMAL, UNUSED, USER_DEFINED } from "./vocabularies.js";

const CONTROL = 8;
const NONE = { bos: -1, eos: -1, eot: -1 };

/** Tokens 0, 1, 2, ... of these bytes and attributes. */
function vocabularyOf(...tokens: [number[] | string, number][]): Vocabulary {
  const pieces = tokens.map(([piece]) => Buffer.from(piece as string));
  const offsets = new Uint32Array(pieces.length + 1);
  for (const [i, piece] of pieces.entries()) offsets[i + 1] = (offsets[i] as number) + piece.length;
  return { bytes: Buffer.concat(pieces), offsets, attributes: Int32Array.from(tokens, ([, attribute]) => attribute) };
}

const spelled = (vocabulary: Vocabulary, bytes: number[] | string, ends = NONE): number[] | null => {
  const given = Buffer.from(bytes as string);
  const tokens = spell(piecesOf(vocabulary, ends), given, 0, given.length);
  return tokens === null ? null : [...tokens];
};

describe("spell", () => {
  it("takes as few pieces as there can be, the longer ones first", () => {
    const vocabulary = vocabularyOf(["a", NORMAL], ["b", NORMAL], ["ab", NORMAL], ["bab", NORMAL], ["ba", NORMAL]);
    // Greedily it would be ab, ab: a, bab is no longer, and begins with the shorter one.
    expect(spelled(vocabulary, "abab")).toEqual([2, 2]);
    expect(spelled(vocabulary, "abba")).toEqual([2, 4]);
    expect(spelled(vocabulary, "babab")).toEqual([3, 2]);
    expect(spelled(vocabulary, "")).toEqual([]);
  });

  it("finds the way where the longest piece leads to none", () => {
    const vocabulary = vocabularyOf(["ab", NORMAL], ["a", NORMAL], ["bc", NORMAL]);
    expect(spelled(vocabulary, "abc")).toEqual([1, 2]);
    expect(spelled(vocabulary, "abca")).toEqual([1, 2, 1]);
    expect(spelled(vocabulary, "cab")).toBeNull();
  });

  it("prefers ordinary tokens to byte tokens and those to a user's", () => {
    const vocabulary = vocabularyOf(["a", USER_DEFINED], ["a", BYTE], ["a", NORMAL], ["b", USER_DEFINED], ["b", BYTE]);
    expect(spelled(vocabulary, "aba")).toEqual([2, 4, 2]);
  });

  it("takes parts of characters, and every byte for what it is", () => {
    const vocabulary = vocabularyOf([[0xf0, 0x9f], NORMAL], [[0x98], BYTE], [[0xff], BYTE], [[0x00], BYTE]);
    expect(spelled(vocabulary, [0xf0, 0x9f, 0x98])).toEqual([0, 1]);
    expect(spelled(vocabulary, [0x00, 0xff, 0x00])).toEqual([3, 2, 3]);
    expect(spelled(vocabulary, [0xf0, 0x98])).toBeNull();
  });

  it("takes no control, unused or unknown token, nor the ends of a text", () => {
    const vocabulary = vocabularyOf(
      ["a", CONTROL],
      ["a", UNUSED],
      ["a", 1],
      ["bc", NORMAL],
      ["\n", NORMAL],
      ["", NORMAL],
    );
    expect(spelled(vocabulary, "a")).toBeNull();
    expect(spelled(vocabulary, "bc", { ...NONE, eos: 3 })).toBeNull();
    expect(spelled(vocabulary, "bc", { ...NONE, bos: 4 })).toEqual([3]);
    // A line's end stays one even where it ends a text, too.
    expect(spelled(vocabulary, "\n", { ...NONE, eot: 4 })).toEqual([4]);
  });
});

describe("matchPieces", () => {
  const pieces = piecesOf(
    vocabularyOf([" a", NORMAL], ["b", NORMAL], ["", NORMAL], ["c", CONTROL], [" ", NORMAL]),
    NONE,
  );
  const match = (tokens: number[], text: string, start = 0, end = text.length) =>
    matchPieces(pieces, Int32Array.from(tokens), 0, Buffer.from(text), start, end);

  it("follows tokens as long as they are the bytes", () => {
    expect(match([0, 1], " ab")).toEqual({ count: 2, at: 3 });
    expect(match([0, 1], " aab")).toEqual({ count: 1, at: 2 });
    expect(match([1], " ab")).toEqual({ count: 0, at: 0 });
    expect(match([0, 1, 1], " ab")).toEqual({ count: 2, at: 3 });
  });

  it("goes neither past the end nor past a token that stands for no text", () => {
    expect(match([0, 1], " ab", 0, 1)).toEqual({ count: 0, at: 0 });
    expect(match([1, 3], "bc")).toEqual({ count: 1, at: 1 });
    expect(match([1, 2, 1], "bb")).toEqual({ count: 1, at: 1 });
  });

  it("takes one byte before the text for a space", () => {
    expect(match([0, 1], "ab", -1)).toEqual({ count: 2, at: 2 });
    expect(match([4, 1], "b", -1)).toEqual({ count: 2, at: 1 });
    expect(match([1], "b", -1)).toEqual({ count: 0, at: -1 });
  });
});
