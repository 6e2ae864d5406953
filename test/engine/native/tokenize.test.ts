import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LocalEngine } from "#telltale/engine/engine.js";
import { openNativeEngines } from "#telltale/engine/native/engine.js";
import { decode, decodeText } from "#telltale/engine/vocabulary.js";
import { MODELS, SMALL, TEXT } from "../models.js";

const TEXTS = [
  "",
  "a",
  " two  spaces, a\ttab and\r\nlines\n\n",
  TEXT,
  "Grüße aus Ålesund, 你好, مرحبا, שלום, 👩‍👩‍👧 🇳🇴 \u{1F600}, e\u0301, \uFEFF and \u0000 end",
  "<|im_start|>user\nhello<|im_end|><|endoftext|> </s> <s>",
];

describe.each([
  ["byte-level BPE without BOS", MODELS.base],
  ["SentencePiece with BOS", MODELS.baseB],
])("%s", (_, path) => {
  let engine: LocalEngine;
  beforeAll(async () => {
    [engine] = (await openNativeEngines({ path }, [SMALL])) as [LocalEngine];
  });
  afterAll(() => engine.close());

  it("gives every text back, byte for byte", async () => {
    const tokens = await engine.tokenize(TEXTS);
    const back = (await engine.detokenize(tokens)).map((bytes) => Buffer.from(bytes).toString("utf8"));
    // SentencePiece puts a space before a text's first word.
    const given = TEXTS.map((text) => (engine.facts.model.vocabularyType === "spm" && text !== "" ? ` ${text}` : text));
    expect(back).toEqual(given);
  });

  it("detokenizes by the pieces of its vocabulary, which decode without the model", async () => {
    const vocabulary = await engine.vocabulary();
    const { vocabularySize } = engine.facts.model;
    expect(vocabulary.offsets.length).toBe(vocabularySize + 1);
    expect(vocabulary.attributes.length).toBe(vocabularySize);
    expect(vocabulary.offsets[vocabularySize]).toBe(vocabulary.bytes.length);
    const each = Array.from({ length: vocabularySize }, (_, token) => Int32Array.of(token));
    const pieces = await engine.detokenize(each);
    for (const [token, piece] of pieces.entries()) {
      expect(Buffer.compare(piece, decode(vocabulary, [token]))).toBe(0);
    }
    const [ids] = (await engine.tokenize([TEXTS[4] as string])) as [Int32Array];
    expect(decodeText(vocabulary, ids).trimStart()).toBe((TEXTS[4] as string).trimStart());
  });

  it("takes special tokens for text unless asked to parse them", async () => {
    const vocabulary = await engine.vocabulary();
    const { eot, eos } = engine.facts.model;
    const special = eot !== -1 ? eot : eos;
    const text = decodeText(vocabulary, [special]);
    const [asText, parsed] = await Promise.all([
      engine.tokenize([`a${text}`]).then(([ids]) => Array.from(ids as Int32Array)),
      engine.tokenize([`a${text}`], { parseSpecial: true }).then(([ids]) => Array.from(ids as Int32Array)),
    ]);
    expect(asText).not.toContain(special);
    expect(parsed.at(-1)).toBe(special);
    expect(parsed.length).toBeLessThan(asText.length);
    expect(decodeText(vocabulary, asText)).toBe(decodeText(vocabulary, parsed));
  });

  it("adds BOS when asked, where the vocabulary says so", async () => {
    const [plain, added] = [await engine.tokenize(["hello"]), await engine.tokenize(["hello"], { addSpecial: true })];
    const { addBos, bos } = engine.facts.model;
    expect(addBos).toBe(path === MODELS.baseB);
    expect(Array.from(added[0] as Int32Array)).toEqual([...(addBos ? [bos] : []), ...(plain[0] as Int32Array)]);
  });

  it("refuses a token id outside the vocabulary", async () => {
    for (const token of [-1, engine.facts.model.vocabularySize, 2 ** 31 - 1]) {
      await expect(engine.detokenize([Int32Array.of(token)])).rejects.toMatchObject({ code: "BAD_ARGUMENT" });
    }
  });
});
