import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { boundaries } from "#telltale/engine/bytes/boundaries.js";
import { partialSegments, segments } from "#telltale/engine/bytes/segments.js";

const bytes = (...ends: number[]): Uint32Array => Uint32Array.from(ends);
const other = (first: number, ...ends: number[]) => ({ first, ends: bytes(...ends) });

describe("boundaries", () => {
  it("adds up the pieces", () => {
    // Pieces of 2, 0, 3 and 1 bytes.
    const vocabulary = { offsets: bytes(0, 2, 2, 5, 6) };
    expect(boundaries(vocabulary, [0, 2, 1, 3, 0])).toEqual(bytes(2, 5, 5, 6, 8));
    expect(boundaries(vocabulary, [])).toEqual(bytes());
  });
});

describe("segments", () => {
  it.each([
    ["the same tokens", bytes(3, 7, 9), other(0, 3, 7, 9), [1, 1, 1, 1, 1, 1]],
    // " old| br|idge" and " old| bri|dge|!" hold " old" and the rest in common.
    ["tokens cut elsewhere", bytes(4, 7, 11, 12), other(0, 4, 8, 11, 12), [1, 1, 2, 2, 1, 1]],
    ["no boundary but the ends", bytes(2, 4, 6), other(0, 3, 6), [3, 2]],
    ["one token for all", bytes(1, 2, 3), other(0, 3), [3, 1]],
    ["a start within the author's first token", bytes(4, 8), other(2, 4, 8), [1, 1, 1, 1]],
    ["a start within the author's second token", bytes(4, 8, 9), other(6, 7, 9), [3, 2]],
    ["a start on a boundary: nothing counted before it", bytes(4, 8), other(4, 8), [1, 0, 1, 1]],
    ["an end before the author's", bytes(4, 8, 10), other(0, 4, 9), [1, 1, 2, 1]],
    ["an end on a boundary before the author's", bytes(4, 8, 10), other(0, 4, 8), [1, 1, 1, 1, 1, 0]],
    ["an end behind the author's", bytes(4, 8), other(0, 4, 8, 9), [1, 1, 1, 2]],
    ["nothing counted", bytes(4, 8), other(8), [2, 0]],
    ["nothing at all", bytes(), other(0), []],
    ["author's tokens without bytes", bytes(0, 4, 4, 8, 8), other(0, 4, 8), [3, 1, 2, 1]],
    ["the other's tokens without bytes", bytes(4, 8), other(0, 0, 4, 4, 4, 8, 8), [1, 4, 1, 2]],
    ["nothing but tokens without bytes", bytes(0, 0), other(0, 0), [2, 1]],
  ])("%s", (_, author, score, expected) => {
    expect(segments(author, score)).toEqual(expected);
  });

  it("tells which are not compared byte for byte", () => {
    expect(partialSegments(bytes(4, 8), other(0, 4, 8))).toEqual({ first: false, last: false });
    expect(partialSegments(bytes(4, 8), other(1, 4, 8))).toEqual({ first: true, last: false });
    expect(partialSegments(bytes(4, 8), other(4, 8))).toEqual({ first: true, last: false });
    expect(partialSegments(bytes(4, 8), other(0, 4, 7))).toEqual({ first: false, last: true });
    expect(partialSegments(bytes(4, 8), other(0, 9))).toEqual({ first: false, last: true });
    expect(partialSegments(bytes(4, 8), other(8))).toEqual({ first: true, last: false });
    expect(partialSegments(bytes(4, 8), other(0))).toEqual({ first: false, last: true });
    expect(partialSegments(bytes(), other(0))).toEqual({ first: false, last: false });
  });

  it("is the finest alignment on common boundaries", () => {
    const lengths = fc.array(fc.nat(4), { maxLength: 30 });
    fc.assert(
      fc.property(lengths, lengths, fc.nat(6), (a, b, first) => {
        const author = summed(0, a);
        const ends = summed(first, b);
        expect(pairsOf(segments(author, { first, ends }))).toEqual(oracle(author, first, ends));
      }),
      { numRuns: 2000 },
    );
  });

  it("gives one token for one where the tokens are the same", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 6 })), (lengths) => {
        const ends = summed(0, lengths);
        expect(segments(ends, { first: 0, ends })).toEqual(lengths.flatMap(() => [1, 1]));
      }),
    );
  });
});

function summed(start: number, lengths: readonly number[]): Uint32Array {
  let at = start;
  return Uint32Array.from(lengths, (length) => (at += length));
}

function pairsOf(flat: readonly number[]): [number, number][] {
  return flat.flatMap((count, i) => (i % 2 === 0 ? [[count, flat[i + 1] as number] as [number, number]] : []));
}

/** By sets of boundaries and counting, tokens of each stretch one by one. */
function oracle(author: Uint32Array, first: number, ends: Uint32Array): [number, number][] {
  const others = new Set([first, ...ends]);
  const common = [...new Set(author)].filter((at) => at > 0 && others.has(at));
  const upTo = (list: Uint32Array, at: number): number => list.filter((end) => end <= at).length;
  const reached = common.map((at) => [upTo(author, at), upTo(ends, at)] as const);
  const before = [[0, 0] as const, ...reached];
  const pairs = reached.map(([a, b], i): [number, number] => [a - (before[i]?.[0] ?? 0), b - (before[i]?.[1] ?? 0)]);
  const [a, b] = before.at(-1) as readonly [number, number];
  const rest: [number, number] = [author.length - a, ends.length - b];
  const last = pairs.at(-1);
  // What the other has behind the author's last byte belongs to that one's last segment.
  if (last !== undefined && rest[0] === 0) last[1] += rest[1];
  else if (rest[0] + rest[1] > 0) pairs.push(rest);
  return pairs;
}
