import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Run, walk } from "#telltale/engine/remote/walk.js";

const runsOf = (text: string, tokens: (string | null)[]): [number, number, number, number][] | null =>
  walk(Buffer.from(text), tokens)?.map(({ start, end, first, after }: Run) => [start, end, first, after]) ?? null;

describe("tokens laid out over a text", () => {
  it.each<[string, string, (string | null)[], [number, number, number, number][] | null]>([
    [
      "plain",
      "a bc",
      ["a", " b", "c"],
      [
        [0, 1, 0, 1],
        [1, 3, 1, 2],
        [3, 4, 2, 3],
      ],
    ],
    ["another text", "a bc", ["a", "x", "c"], null],
    ["too little", "a bc", ["a", " b"], null],
    ["too much", "a bc", ["a", " bc", "c"], null],
    [
      "a character in three pieces",
      "a\u2014b",
      ["a", "\ufffd", "\ufffd", "\ufffd", "b"],
      [
        [0, 1, 0, 1],
        [1, 2, 1, 2],
        [2, 3, 2, 3],
        [3, 4, 3, 4],
        [4, 5, 4, 5],
      ],
    ],
    [
      "a character in two pieces, of which is not said",
      "a\u2014b",
      ["a", "\ufffd", "\ufffd", "b"],
      [
        [0, 1, 0, 1],
        [1, 4, 1, 3],
        [4, 5, 3, 4],
      ],
    ],
    [
      "a character shown at its last piece",
      "a\u2014b",
      ["a", "", "", "\u2014", "b"],
      [
        [0, 1, 0, 1],
        [1, 4, 1, 4],
        [4, 5, 4, 5],
      ],
    ],
    [
      "a character shown at its last piece, at the end",
      "a\u2014",
      ["a", "\u2014", ""],
      [
        [0, 1, 0, 1],
        [1, 4, 1, 3],
      ],
    ],
    [
      "a real replacement character",
      "a\ufffdb",
      ["a", "\ufffd", "b"],
      [
        [0, 1, 0, 1],
        [1, 4, 1, 2],
        [4, 5, 2, 3],
      ],
    ],
    [
      "bytes of OpenAI's form",
      "\u2014",
      ["bytes:\\xe2\\x80", "bytes:\\x94"],
      [
        [0, 2, 0, 1],
        [2, 3, 1, 2],
      ],
    ],
    ["a text that looks like that", "bytes:\\xe2", ["bytes:\\xe2"], [[0, 10, 0, 1]]],
    [
      "SentencePiece's bytes and spaces",
      "\u2014 b",
      ["<0xE2>", "<0x80>", "<0x94>", "\u2581b"],
      [
        [0, 1, 0, 1],
        [1, 2, 1, 2],
        [2, 3, 2, 3],
        [3, 5, 3, 4],
      ],
    ],
    [
      "no space before the first",
      "a b",
      [" a", " b"],
      [
        [0, 1, 0, 1],
        [1, 3, 1, 2],
      ],
    ],
    [
      "spaces left out",
      "a b  c",
      ["a", "b", "", "c"],
      [
        [0, 1, 0, 1],
        [1, 3, 1, 2],
        [3, 4, 2, 3],
        [4, 6, 3, 4],
      ],
    ],
    [
      "a first token that is not told",
      "abc d",
      [null, "c", " d"],
      [
        [0, 2, 0, 1],
        [2, 3, 1, 2],
        [3, 5, 2, 3],
      ],
    ],
  ])("%s", (_, text, tokens, expected) => {
    expect(runsOf(text, tokens)).toEqual(expected);
  });

  const WAYS: ((bytes: Buffer) => string)[] = [
    (bytes) => bytes.toString("utf8"),
    (bytes) =>
      bytes.toString("utf8").includes("\ufffd")
        ? `bytes:${[...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("")}`
        : bytes.toString("utf8"),
  ];

  it("never puts a boundary where there is none, whatever the text and its tokens", () => {
    const piece = fc.oneof(
      fc.string({ unit: "binary", maxLength: 12 }),
      fc.constantFrom(" ", "  ", "aa", "\u00e9", "\u{1f389}", "\u4eac\u4eac"),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 8 }),
        fc.array(fc.nat(3), { maxLength: 40 }),
        fc.constantFrom(...WAYS),
        (pieces, sizes, write) => {
          const text = Buffer.from(
            pieces.join("").replace(/[\ud800-\udfff]/g, (unit, at, all) => (isLone(unit, at, all) ? "?" : unit)),
          );
          const ends: number[] = [];
          while ((ends.at(-1) ?? 0) < text.length) {
            ends.push(Math.min(text.length, (ends.at(-1) ?? 0) + 1 + (sizes[ends.length] ?? 1)));
          }
          const tokens = ends.map((end, i) => write(text.subarray(ends[i - 1] ?? 0, end)));
          const runs = walk(text, tokens);
          expect(runs).not.toBeNull();
          let [at, token] = [0, 0];
          for (const { start, end, first, after } of runs ?? []) {
            expect([start, first]).toEqual([at, token]);
            expect(ends[after - 1]).toBe(end);
            [at, token] = [end, after];
          }
          expect([at, token]).toEqual([text.length, tokens.length]);
          if (write === WAYS[1]) expect(runs?.length).toBe(tokens.length);
        },
      ),
      { numRuns: 400 },
    );
  });

  it("gives up a text with more ways than can be followed, and soon", () => {
    const text = Buffer.from("\u4eac".repeat(3000));
    const tokens = Array<string>(4500).fill("\ufffd");
    const runs = walk(text, tokens);
    expect(runs === null || (runs.at(-1)?.end === text.length && runs.length < tokens.length)).toBe(true);
  });
});

function isLone(unit: string, at: number, all: string): boolean {
  const isHigh = unit <= "\udbff";
  const partner = isHigh ? all[at + 1] : all[at - 1];
  return (
    partner === undefined ||
    (isHigh ? !(partner >= "\udc00" && partner <= "\udfff") : !(partner >= "\ud800" && partner <= "\udbff"))
  );
}
