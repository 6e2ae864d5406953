import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { escapeForTerminal } from "#telltale/cli/terminal/escape.js";
import { displayWidth, pad, truncate, truncateStart } from "#telltale/cli/terminal/width.js";
import { wrapText } from "#telltale/cli/terminal/wrap.js";

const lineText = fc
  .array(
    fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 6 }),
      fc.constantFrom(" ", "日本", "e\u0301", "👍🏽", "❤️", "ᄀᄀᄀᄀᄀᄀ", "  "),
    ),
  )
  .map((parts) => escapeForTerminal(parts.join("")));

describe("width in columns", () => {
  it("knows wide characters, emoji, marks and flags", () => {
    const cases: [text: string, columns: number][] = [
      ["", 0],
      ["abc", 3],
      ["éé", 2],
      ["e\u0301", 1],
      ["日本語", 6],
      ["ｱﾞ", 2],
      ["Ａ", 2],
      ["한국", 4],
      ["\u1112\u1161\u11ab", 2],
      ["😀", 2],
      ["☃", 1],
      ["❤️", 2],
      ["🇩🇪", 2],
      ["नमस्ते", 4],
      ["⏎⇥…‹›✓", 6],
    ];
    expect(cases.map(([text]) => [text, displayWidth(text)])).toEqual(cases);
  });

  it("is what truncating and padding go by, and no character is cut", () => {
    expect(truncate("日本語", 6)).toBe("日本語");
    expect(truncate("日本語", 5)).toBe("日本…");
    expect(truncate("日本語", 4)).toBe("日…");
    expect(truncate("ne\u0301e", 2)).toBe("n…");
    expect(truncateStart("ab日本語", 5)).toBe("…本語");
    expect(truncate("abc", 0)).toBe("");
    expect(pad("日", 4, "end")).toBe("日  ");
    expect(pad("日", 4, "start")).toBe("  日");
    fc.assert(
      fc.property(lineText, fc.integer({ min: 1, max: 30 }), (text, width) => {
        for (const cut of [truncate(text, width), truncateStart(text, width)]) {
          expect(displayWidth(cut)).toBeLessThanOrEqual(width);
        }
      }),
    );
  });
});

describe("wrapping", () => {
  const shown = (text: string, width: number, lines: number) => wrapText(text, width, lines).map((line) => line.text);

  it("breaks at spaces, after line breaks, between wide characters, and where it must", () => {
    expect(shown("the glass bridge of Halden", 12, 5)).toEqual(["the glass", "bridge of", "Halden"]);
    expect(shown("the glass bridge of Halden", 12, 2)).toEqual(["the glass", "bridge of H…"]);
    expect(shown("exactly ten", 7, 2)).toEqual(["exactly", "ten"]);
    expect(shown("0123456789abc", 5, 4)).toEqual(["01234", "56789", "abc"]);
    expect(shown("日本語の文章", 5, 4)).toEqual(["日本", "語の", "文章"]);
    expect(shown("return 0⏎⏎if", 9, 4)).toEqual(["return 0⏎", "⏎if"]);
    expect(shown("", 5, 4)).toEqual([]);
  });

  it("keeps the width, and its lines stand for the whole text", () => {
    fc.assert(
      fc.property(lineText, fc.integer({ min: 4, max: 30 }), (text, width) => {
        const lines = wrapText(text, width, Number.POSITIVE_INFINITY);
        for (const line of lines) expect(displayWidth(line.text)).toBeLessThanOrEqual(width);
        let end = 0;
        for (const line of lines) {
          expect(text.slice(end, end + line.length).replace(/ +$/, "")).toBe(line.text);
          end += line.length;
        }
        expect(end).toBe(text.length);
      }),
    );
  });
});
