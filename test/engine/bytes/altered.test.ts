import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ExactEncoding, exactEncoder } from "#telltale/engine/bytes/encode-exactly.js";
import type { FileTokenizer, Tokenizer, Vocabulary } from "#telltale/engine/engine.js";
import { openTokenizer } from "#telltale/engine/tokenizer.js";
import { decode } from "#telltale/engine/vocabulary.js";
import { MODELS } from "../models.js";
import { expectExact } from "./exactness.js";
import { anyBytes, anyUtf8 } from "./texts.js";
import { altered, BYTE, CONTROL, NORMAL, UNUSED } from "./vocabularies.js";

const BATCHES = { numRuns: 30 };

/** What tokenizers of other kinds do to a text before they look for tokens. */
const NORMALISERS: [string, (text: string) => string][] = [
  ["composes, folds widths and case", (text) => text.normalize("NFKC").toLowerCase()],
  ["decomposes and drops marks", (text) => text.normalize("NFD").replace(/\p{M}/gu, "")],
  ["merges spaces and trims", (text) => text.replace(/\s+/g, " ").trim()],
  ["puts words of its own behind the text", (text) => `${text} and more`],
  ["says nothing", () => ""],
  ["drops every third character", (text) => [...text].filter((_, i) => i % 3 !== 2).join("")],
];

describe.each([
  ["byte-level BPE", MODELS.base],
  ["SentencePiece", MODELS.baseB],
])("%s", (_, file) => {
  let tokenizer: FileTokenizer;
  let vocabulary: Vocabulary;
  beforeAll(async () => {
    tokenizer = await openTokenizer(file, { inProcess: true });
    vocabulary = await tokenizer.vocabulary();
  });
  afterAll(() => tokenizer.close());

  it.each(NORMALISERS)("is exact where the tokenizer %s", async (_name, text) => {
    const encoder = await exactEncoder(altered(tokenizer, { text }), tokenizer.facts);
    await fc.assert(
      fc.asyncProperty(fc.array(anyBytes, { maxLength: 8 }), async (texts) => {
        for (const [i, encoding] of (await encoder.encode(texts)).entries()) {
          expect(encoding).not.toBeNull();
          expectExact(vocabulary, tokenizer.facts, texts[i] as Buffer, encoding as ExactEncoding);
        }
      }),
      BATCHES,
    );
  });

  it.each(NORMALISERS)("is exact or says null where byte tokens are missing too and it %s", async (_name, text) => {
    const attribute = (given: number): number => (given === BYTE ? UNUSED : given);
    const encoder = await exactEncoder(altered(tokenizer, { text, attribute }), tokenizer.facts);
    await fc.assert(
      fc.asyncProperty(fc.array(anyUtf8, { maxLength: 8 }), async (texts) => {
        for (const [i, encoding] of (await encoder.encode(texts)).entries()) {
          if (encoding !== null) expectExact(vocabulary, tokenizer.facts, texts[i] as Buffer, encoding);
          else expect(vocabulary.attributes).toContain(BYTE);
        }
      }),
      BATCHES,
    );
  });

  it.each([
    ["as such", (given: number) => given],
    ["as ordinary tokens", (given: number) => ((given & CONTROL) !== 0 ? NORMAL : given)],
  ])("never gives the ends of a text that the tokenizer parses and the file marks %s", async (_name, attribute) => {
    const { bos, eos, eot } = tokenizer.facts;
    const ends = [...new Set([bos, eos, eot])].filter((token) => token >= 0);
    const encoder = await exactEncoder(altered(tokenizer, { parseSpecial: true, attribute }), tokenizer.facts);
    for (const name of ends.map((token) => Buffer.from(decode(vocabulary, [token])))) {
      for (const text of [name, Buffer.from(`The end${name} and after it ${name}${name}.`)]) {
        const [encoding] = (await encoder.encode([text])) as [ExactEncoding];
        expectExact(vocabulary, tokenizer.facts, text, encoding);
        expect(ends.filter((token) => encoding.tokens.includes(token))).toEqual([]);
      }
    }
  });

  it("cuts long texts of nothing but difficulties in a reasonable number of questions", async () => {
    let questions = 0;
    const counting: Tokenizer = {
      ...tokenizer,
      tokenize: (texts, options) => {
        questions++;
        return tokenizer.tokenize(texts, options);
      },
    };
    const merged = altered(counting, { text: (given) => given.replaceAll("ab", "ba") });
    const encoder = await exactEncoder(merged, tokenizer.facts);
    const text = Buffer.from("ab".repeat(5000));
    questions = 0;
    const [encoding] = await encoder.encode([text]);
    expectExact(vocabulary, tokenizer.facts, text, encoding as ExactEncoding);
    expect(questions).toBeLessThan(50);
  });

  it("keeps a failing tokenizer's error", async () => {
    const encoder = await exactEncoder(tokenizer, tokenizer.facts);
    const closed = await openTokenizer(file, { inProcess: true });
    const other = await exactEncoder(closed, closed.facts);
    await closed.close();
    await expect(other.encode([Buffer.from("a")])).rejects.toMatchObject({ code: "ENGINE_UNAVAILABLE" });
    expect(await encoder.encode([])).toEqual([]);
  });
});

describe("a vocabulary without byte tokens", () => {
  it("says null for what it lacks and keeps everything else", async () => {
    const tokenizer = await openTokenizer(MODELS.baseB, { inProcess: true });
    const vocabulary = await tokenizer.vocabulary();
    const attribute = (given: number): number => (given === BYTE ? UNUSED : given);
    const encoder = await exactEncoder(altered(tokenizer, { attribute }), tokenizer.facts);
    const texts = ["The old bridge", "日", "a\u2581b", ""].map((text) => Buffer.from(text));
    const encodings = await encoder.encode([...texts, Buffer.from([0x41, 0xff])]);
    expect(encodings.map((encoding) => encoding === null)).toEqual([false, true, true, false, true]);
    expect(Buffer.from(decode(vocabulary, (encodings[0] as ExactEncoding).tokens)).toString()).toBe(" The old bridge");
    await tokenizer.close();
  });
});
