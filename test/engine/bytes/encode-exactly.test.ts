import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ExactEncoder, type ExactEncoding, exactEncoder } from "#telltale/engine/bytes/encode-exactly.js";
import type { FileTokenizer, Vocabulary } from "#telltale/engine/engine.js";
import { openTokenizer } from "#telltale/engine/tokenizer.js";
import { decode } from "#telltale/engine/vocabulary.js";
import { expectExact } from "./exactness.js";
import { anyBytes, anyUtf8 } from "./texts.js";
import { CONTROL, MISSING, REFUSED_FILES, VOCABULARIES } from "./vocabularies.js";

const BATCHES = { numRuns: 12 };
const batch = fc.array(anyBytes, { minLength: 1, maxLength: 12 });

it.skipIf(MISSING !== null)("tries llama.cpp's own vocabularies of causal models, and none of others", async () => {
  expect(VOCABULARIES.length).toBeGreaterThan(10);
  expect(REFUSED_FILES).toHaveLength(2);
  for (const file of REFUSED_FILES) {
    await expect(openTokenizer(file, { inProcess: true })).rejects.toMatchObject({ code: "BAD_MODEL" });
  }
});

describe.each(VOCABULARIES)("the vocabulary of %s", (_, file) => {
  let tokenizer: FileTokenizer;
  let vocabulary: Vocabulary;
  let encoder: ExactEncoder;
  beforeAll(async () => {
    tokenizer = await openTokenizer(file, { inProcess: true });
    vocabulary = await tokenizer.vocabulary();
    encoder = await exactEncoder(tokenizer, tokenizer.facts);
  });
  afterAll(() => tokenizer.close());

  const encoded = async (text: Uint8Array): Promise<ExactEncoding | null> =>
    (await encoder.encode([text]))[0] as ExactEncoding | null;

  it("says any bytes exactly, or that it cannot", async () => {
    await fc.assert(
      fc.asyncProperty(batch, async (texts) => {
        const encodings = await encoder.encode(texts);
        expect(encodings).toHaveLength(texts.length);
        for (const [i, text] of texts.entries()) expectExact(vocabulary, tokenizer.facts, text, encodings[i]);
        // Neither the other texts nor what came before change a result.
        expect(await encoded(texts.at(-1) as Buffer)).toEqual(encodings.at(-1));
      }),
      BATCHES,
    );
  });

  it("keeps llama.cpp's tokens where they are the text's bytes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyUtf8, { maxLength: 12 }), async (texts) => {
        const natural = await tokenizer.tokenize(texts.map((text) => text.toString("utf8")));
        const pieces = await tokenizer.detokenize(natural);
        const encodings = await encoder.encode(texts);
        for (const [i, text] of texts.entries()) {
          const tokens = natural[i] as Int32Array;
          const said = pieces[i] as Uint8Array;
          const added = said.length === text.length + 1;
          // Where a space is added, the one that a text begins with is taken for it.
          if (!Buffer.from(said.subarray(added ? 1 : 0)).equals(text) || (added && text[0] === 0x20)) continue;
          if (tokens.some((token) => ((vocabulary.attributes[token] as number) & CONTROL) !== 0)) continue;
          expect(encodings[i]?.tokens).toEqual(tokens);
          expect(encodings[i]?.first).toBe(added ? -1 : 0);
        }
      }),
      BATCHES,
    );
  });

  it("takes the space that a text begins with for the one the tokenizer adds", async () => {
    const plain = (await encoded(Buffer.from("The old bridge"))) as ExactEncoding;
    const spaced = (await encoded(Buffer.from(" The old bridge"))) as ExactEncoding;
    const adds = plain.first === -1;
    expect(adds).toBe(tokenizer.facts.vocabularyType === "spm");
    expect(spaced.first).toBe(0);
    if (adds) expect(spaced.tokens).toEqual(plain.tokens);
  });

  it("spells no more than what is broken", async () => {
    const [left, right] = ["The old bridge", " was built of glass."];
    for (const broken of [Buffer.from([0xe2, 0x82]), Buffer.from([0xf0, 0x9f, 0x98]), Buffer.from([0xbf])]) {
      const whole = (await encoded(Buffer.concat([Buffer.from(left), broken, Buffer.from(right)]))) as ExactEncoding;
      const [before, after] = (await encoder.encode([Buffer.from(left), Buffer.from(right)])) as ExactEncoding[];
      const spelled = whole.tokens.length - (before?.tokens.length ?? 0) - (after?.tokens.length ?? 0);
      expect(whole.tokens.slice(0, before?.tokens.length)).toEqual(before?.tokens);
      expect(whole.tokens.slice(-(after?.tokens.length ?? 0))).toEqual(after?.tokens);
      expect(spelled).toBeGreaterThan(0);
      expect(spelled).toBeLessThanOrEqual(broken.length);
    }
  });

  it("takes a control token's name for text", async () => {
    const { bos, eos, eot } = tokenizer.facts;
    const names = [bos, eos, eot].filter((token) => token >= 0).map((token) => decode(vocabulary, [token]));
    const texts = names.map((name) => Buffer.concat([Buffer.from("a"), name, Buffer.from("b")]));
    const encodings = await encoder.encode(texts);
    for (const [i, text] of texts.entries()) {
      expect(encodings[i]).not.toBeNull();
      expectExact(vocabulary, tokenizer.facts, text, encodings[i]);
    }
  });
});
