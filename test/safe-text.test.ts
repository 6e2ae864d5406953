import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { quoted, withoutSecrets } from "#telltale/safe-text.js";

describe("quoted", () => {
  it.each<[string | Uint8Array, string]>([
    ["plain", '"plain"'],
    ["Ġthe 中文 ▁é", '"Ġthe 中文 ▁é"'],
    ['a"b\\c', '"a\\"b\\\\c"'],
    ["a\nb\u001b[2J\u202e\u00a0\ud800", '"a\\nb\\u{1b}[2J\\u{202e}\\u{a0}\\u{d800}"'],
    [Buffer.from([0x61, 0xff, 0x22]), '"a\\xff\\x22"'],
    [Buffer.from("é"), '"é"'],
    ["x".repeat(210), `"${"x".repeat(200)}..."`],
    [Buffer.from("é".repeat(400)), `"${"é".repeat(200)}..."`],
    ["", '""'],
  ])("shows %j", (text, shown) => {
    expect(quoted(text)).toBe(shown);
  });

  it("never lets a control or format character through", () => {
    const safe = (text: string | Uint8Array) => !/[\p{C}\p{Zl}\p{Zp}]/u.test(quoted(text));
    fc.assert(fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.uint8Array()), safe), { seed: 5 });
  });
});

describe("withoutSecrets", () => {
  it("shows of an address what is no secret", () => {
    expect(withoutSecrets("https://hub.example/x")).toBe('"https://hub.example/x"');
    expect(withoutSecrets("https://me:secret@hub.example/x")).toBe('"...@hub.example/x"');
    expect(withoutSecrets("me:sec@ret@hub.example\n?token=secret#secret")).toBe('"...@hub.example\\n?..."');
    expect(withoutSecrets("hub#secret?x")).toBe('"hub#..."');
  });
});
