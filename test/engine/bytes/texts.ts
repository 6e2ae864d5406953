import fc from "fast-check";

const PARTS = [
  ..." \n\t\r\u0000\u007f\u0085\u00a0\u2581\ufeff\ufffd\u200d\u202e",
  ...["  ", "   ", "\n\n", "\r\n", "\t\t", " \n ", "\u2581\u2581", " \u2581a", "_\u2581_"],
  ...["<|im_end|>", "<|im_start|>user\n", "<0x41>", "<0xE2>", "</s>", "<s>", "<unk>", "<|endoftext|>", "<bos>"],
  ...["e\u0301", "o\u0308\u0304", "\u1112\u1161\u11ab", "ﬁ", "Å", "Å", "ǆ", "½", "㍿"],
  ...[
    "👩‍👩‍👧",
    "🇳🇴",
    "👍🏽",
    "❤️",
    "😀",
    "𝔘𝔫𝔦",
    "你好，世界",
    "日本語テキスト",
    "한국어",
    "مرحبا بالعالم",
    "שָׁלוֹם",
    "हिन्दी",
  ],
  ...["The old bridge", " over the river", "don't", "12345 67.89", "for (int i = 0; i < 10; i++) {\n\t", "ÿ", "õ"],
];

/** A character that lacks its last bytes, or its first. */
const brokenCharacter = fc
  .tuple(fc.constantFrom("é", "☃", "你", "😀", "𝔘"), fc.nat(2), fc.boolean())
  .map(([character, place, front]) => {
    const bytes = Buffer.from(character);
    const at = Math.max(1, Math.min(bytes.length - 1, place + 1));
    return front ? bytes.subarray(0, at) : bytes.subarray(at);
  });

const part = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...PARTS).map((text) => Buffer.from(text)) },
  { weight: 2, arbitrary: fc.string({ unit: "grapheme-ascii", maxLength: 20 }).map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 6 }).map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 6 }).map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: brokenCharacter },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)) },
);

/** Bytes of any kind, up to some 200 of them: mostly UTF-8 of all scripts, now and then broken. */
export const anyBytes: fc.Arbitrary<Buffer> = fc.array(part, { maxLength: 12 }).map((parts) => Buffer.concat(parts));

/** The same, all of it UTF-8. */
export const anyUtf8: fc.Arbitrary<Buffer> = anyBytes.map((bytes) => Buffer.from(bytes.toString("utf8")));
