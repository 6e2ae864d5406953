import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { escapeForTerminal, jsonLine } from "#telltale/cli/terminal/escape.js";

const anyText = fc.string({ unit: fc.oneof(fc.constantFrom(..."\\u{}⏎⇥\n\ta\u0301\ufe0f❤\u001b\u202e"), anyUnit()) });

/** Any UTF-16 unit: lone surrogates and pairs by chance. */
function anyUnit() {
  return fc.oneof(
    fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }),
  );
}

function readBack(line: string): string {
  return line
    .replaceAll("⏎", "\n")
    .replaceAll("⇥", "\t")
    .replace(/\\u\{([0-9a-f]+)\}/g, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)));
}

describe("escaping for a terminal", () => {
  it("shows what would steer the terminal, or would not be seen", () => {
    const cases: [given: string, shown: string][] = [
      ["plain text, C:\\path \\n", "plain text, C:\\path \\n"],
      ["two\nlines\tand\r\n", "two⏎lines⇥and\\u{d}⏎"],
      ["\u001b[31mred\u001b[0m", "\\u{1b}[31mred\\u{1b}[0m"],
      ["\u001b]0;title\u0007", "\\u{1b}]0;title\\u{7}"],
      ["\u009b31m\u007f", "\\u{9b}31m\\u{7f}"],
      ["\u202eevil\u202c \u2066x\u2069", "\\u{202e}evil\\u{202c} \\u{2066}x\\u{2069}"],
      ["a\u200bb\u200dc\u00add\ufeffe\u2060", "a\\u{200b}b\\u{200d}c\\u{ad}d\\u{feff}e\\u{2060}"],
      ["\u3164\u115f\u{e0041}\ufe01", "\\u{3164}\\u{115f}\\u{e0041}\\u{fe01}"],
      ["line\u2028paragraph\u2029", "line\\u{2028}paragraph\\u{2029}"],
      ["\ud83d and \ude00", "\\u{d83d} and \\u{de00}"],
      ["\ue000\u{10ffff}", "\\u{e000}\\u{10ffff}"],
      ["⏎ ⇥ \\u{1b}", "\\u{23ce} \\u{21e5} \\u{5c}u{1b}"],
      ["日本語 Ünïcödé 😀 ❤️ 👍🏽 नमस्ते", "日本語 Ünïcödé 😀 ❤️ 👍🏽 नमस्ते"],
      ["a\ufe0f", "a\\u{fe0f}"],
    ];
    for (const [given, shown] of cases) expect(escapeForTerminal(given)).toBe(shown);
  });

  it("bounds marks piled on a character, and gives none to an escape", () => {
    expect(escapeForTerminal(`e${"\u0301".repeat(6)}x`)).toBe(`e${"\u0301".repeat(4)}${"\\u{301}".repeat(2)}x`);
    expect(escapeForTerminal("\u0301a")).toBe("\\u{301}a");
    expect(escapeForTerminal("\n\u0301")).toBe("⏎\\u{301}");
  });

  it("never lets anything unsafe through, and can be undone", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const line = escapeForTerminal(text);
        expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]|^\p{M}|\p{M}{5}/u);
        expect(readBack(line)).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("JSON for a terminal", () => {
  it("is the same value, without a control, bidi or format character", () => {
    expect(jsonLine({ a: "x\u009b\u007f\u202e\u{e0041}\u2028é" })).toBe(
      '{"a":"x\\u009b\\u007f\\u202e\\udb40\\udc41\\u2028é"}\n',
    );
    fc.assert(
      fc.property(fc.dictionary(anyText, anyText), (value) => {
        const line = jsonLine(value);
        expect(line.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
        expect(JSON.stringify(JSON.parse(line))).toBe(JSON.stringify(value));
      }),
    );
  });
});
