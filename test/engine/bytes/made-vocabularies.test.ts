import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { exactEncoder } from "#telltale/engine/bytes/encode-exactly.js";
import { openTokenizer } from "#telltale/engine/tokenizer.js";
import { decode } from "#telltale/engine/vocabulary.js";
import { array, type GgufDraft, scalar, writeGguf } from "../../fixtures/gguf-writer.js";
import { tinyModel, withKey } from "../../fixtures/tiny-model.js";
import { expectExact } from "./exactness.js";
import { anyBytes } from "./texts.js";

/** Kinds of token in a file. */
const [NORMAL, UNKNOWN, CONTROL, USER, BYTE] = [1, 2, 3, 4, 6];

type Token = readonly [text: string, kind: number, score?: number];

const SPECIAL: Token[] = [
  ["<unk>", UNKNOWN],
  ["<s>", CONTROL],
  ["</s>", CONTROL],
];
const hex = (byte: number): string => byte.toString(16).padStart(2, "0");
const BYTES = Array.from({ length: 256 }, (_, byte): Token => [`<0x${hex(byte).toUpperCase()}>`, BYTE]);
/** Letters and words, and what a merge needs to arrive at the control token "</s>" and at the byte token "<0x41>". */
const WORDS = [
  ...[..."abcdehlnot </>0x41".replace(" ", "▁")],
  ...["he", "the", "▁the", "▁a", "▁▁", "lo", "</", "</s", "<0", "<0x", "<0x4", "<0x41", "s"],
].map((text): Token => [text, NORMAL, text.length - 10]);
const USERS = ["<|user|>", "<|end of it|>", "é"].map((text): Token => [text, USER]);
const RWKV = [
  ...Array.from({ length: 256 }, (_, byte): Token => [`\\x${hex(byte)}`, NORMAL]),
  ...["the", " the", "lo", "日", "\\xe6\\x97"].map((text): Token => [text, NORMAL]),
];

function vocabularyFile(model: string, tokens: readonly Token[], keys: Record<string, boolean> = {}): GgufDraft {
  let file = tinyModel();
  const set = (key: string, value: Parameters<typeof withKey>[2]): void => {
    file = withKey(file, `tokenizer.ggml.${key}`, value);
  };
  set("model", scalar("string", model));
  set(
    "tokens",
    array(
      "string",
      tokens.map(([text]) => text),
    ),
  );
  set(
    "scores",
    array(
      "float32",
      tokens.map(([, , score]) => score ?? 0),
    ),
  );
  set(
    "token_type",
    array(
      "int32",
      tokens.map(([, kind]) => kind),
    ),
  );
  set("unknown_token_id", scalar("uint32", 0));
  for (const [key, value] of Object.entries(keys)) set(key, scalar("bool", value));
  return { ...file, tensors: [] };
}

const FILES: [string, GgufDraft][] = [
  ["SPM with a user's tokens", vocabularyFile("llama", [...SPECIAL, ...BYTES, ...WORDS, ...USERS])],
  [
    "SPM that adds no space",
    vocabularyFile("llama", [...SPECIAL, ...BYTES, ...WORDS, ...USERS], { add_space_prefix: false }),
  ],
  ["SPM without byte tokens", vocabularyFile("llama", [...SPECIAL, ...WORDS, ...USERS])],
  [
    "a unigram model that adds a space and merges others",
    vocabularyFile("t5", [...SPECIAL, ...BYTES, ...WORDS, ...USERS], {
      add_space_prefix: true,
      remove_extra_whitespaces: true,
    }),
  ],
  ["a unigram model without byte tokens", vocabularyFile("t5", [...SPECIAL, ...WORDS], { add_space_prefix: true })],
  ["PLaMo", vocabularyFile("plamo2", [...SPECIAL, ...BYTES, ...WORDS])],
  ["RWKV", vocabularyFile("rwkv", [...SPECIAL, ...RWKV])],
];

const folder = mkdtempSync(path.join(tmpdir(), "telltale-vocabularies-"));
afterAll(() => rmSync(folder, { recursive: true }));

const words = fc
  .array(
    fc.constantFrom(
      "the",
      " the",
      "hello",
      "a",
      " ",
      "  ",
      "<|user|>",
      "<|end of it|>",
      "</s>",
      "<0x41>",
      "é",
      "▁",
      "\n",
    ),
  )
  .map((parts) => Buffer.from(parts.join("")));

describe.each(FILES)("%s", (name, file) => {
  it("says any bytes exactly, or that it cannot", async () => {
    const place = path.join(folder, `${name}.gguf`);
    writeFileSync(place, writeGguf(file));
    const tokenizer = await openTokenizer(place, { inProcess: true });
    const vocabulary = await tokenizer.vocabulary();
    const encoder = await exactEncoder(tokenizer, tokenizer.facts);
    const plain = Buffer.from("the hat");
    const [encoding] = await encoder.encode([plain]);
    expectExact(vocabulary, tokenizer.facts, plain, encoding);
    expect(encoding).not.toBeNull();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(words, words, anyBytes), { maxLength: 8 }), async (texts) => {
        const encodings = await encoder.encode(texts);
        for (const [i, text] of texts.entries()) expectExact(vocabulary, tokenizer.facts, text, encodings[i]);
      }),
      { numRuns: 60 },
    );
    await tokenizer.close();
  });
});

describe("a user's tokens in a text", () => {
  it("are kept, and the space that SPM adds behind them is not", async () => {
    const place = path.join(folder, "user.gguf");
    writeFileSync(place, writeGguf(FILES[0]?.[1] as GgufDraft));
    const tokenizer = await openTokenizer(place, { inProcess: true });
    const vocabulary = await tokenizer.vocabulary();
    const encoder = await exactEncoder(tokenizer, tokenizer.facts);
    const [encoding] = await encoder.encode([Buffer.from("hello<|user|>hello the")]);
    const pieces = [...(encoding?.tokens ?? [])].map((token) => Buffer.from(decode(vocabulary, [token])).toString());
    expect(pieces).toEqual([" ", "he", "l", "lo", "<|user|>", "he", "l", "lo", " the"]);
    expect(encoding?.first).toBe(-1);
    await tokenizer.close();
  });
});
