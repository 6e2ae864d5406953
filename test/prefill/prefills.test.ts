import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makePrefills, type PrefillOptions } from "#telltale/prefill/prefills.js";
import { WordTokenizer } from "./word-tokenizer.js";

async function* corpus(texts: readonly string[]) {
  for (const [index, text] of texts.entries()) yield { text, source: `c.txt:${index + 1}` };
}

function make(texts: readonly string[], options: PrefillOptions = {}, tokenizer = new WordTokenizer()) {
  return makePrefills(corpus(texts), tokenizer, options);
}

const ids = (prefills: readonly Int32Array[]) => prefills.map((prefill) => prefill.join(","));
const words = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 0, maxLength: 5 }).map((list) => list.join(" "));
const corpora = fc.array(words, { maxLength: 60 }).map((texts) => ["a b c", ...texts]);

describe("makePrefills", () => {
  it("keeps each opening once, under its first document, and counts everything else", async () => {
    const texts = ["One two three four", "too short", "One two three five", "  x y", ""];
    const tokenizer = new WordTokenizer();
    const set = await make(texts, {}, tokenizer);
    expect(set.counts).toEqual({ documents: 5, tooShort: 2, duplicates: 1, kept: 2, beyondLimit: 0 });
    expect(new Map(set.sources.map((source, index) => [source, set.prefills[index]]))).toEqual(
      new Map([
        ["c.txt:1", Int32Array.from(["One", " two", " three"].map((piece) => tokenizer.id(piece)))],
        ["c.txt:4", Int32Array.from([" ", " x", " y"].map((piece) => tokenizer.id(piece)))],
      ]),
    );
  });

  it("holds the distinct openings, all of them, for any corpus, length and seed", async () => {
    await fc.assert(
      fc.asyncProperty(corpora, fc.integer({ min: 1, max: 3 }), fc.nat(), async (texts, tokens, seed) => {
        const tokenizer = new WordTokenizer();
        const sequences = await tokenizer.tokenize(texts);
        const expected = new Set(
          sequences.filter((all) => all.length >= tokens).map((all) => all.slice(0, tokens).join(",")),
        );
        const set = await make(texts, { tokens, seed }, tokenizer);
        expect(ids(set.prefills).toSorted()).toEqual([...expected].toSorted());
        const { documents, tooShort, duplicates, kept, beyondLimit } = set.counts;
        expect(documents).toBe(texts.length);
        expect(tooShort + duplicates + kept + beyondLimit).toBe(documents);
        for (const [index, source] of set.sources.entries()) {
          const document = Number(source.split(":")[1]) - 1;
          expect(sequences[document]?.slice(0, tokens)).toEqual(set.prefills[index]);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("gives the beginning of the same order under a smaller limit", async () => {
    const texts = Array.from({ length: 300 }, (_, i) => `document ${i} says`);
    const all = await make(texts, { seed: 5 });
    const some = await make(texts, { seed: 5, limit: 40 });
    expect(ids(some.prefills)).toEqual(ids(all.prefills).slice(0, 40));
    expect(some.counts).toMatchObject({ kept: 40, beyondLimit: 260 });
    expect(ids((await make(texts, { seed: 6 })).prefills)).not.toEqual(ids(all.prefills));
  });

  it("has a digest that is SHA-256 of lengths and ids, little-endian, in their order", async () => {
    const tokenizer = { tokenize: async (texts: readonly string[]) => texts.map(() => Int32Array.of(1, -2, 70_000)) };
    const set = await makePrefills(corpus(["x"]), tokenizer);
    const bytes = Buffer.from("03000000" + "01000000" + "feffffff" + "70110100", "hex");
    expect(set.digest).toBe(createHash("sha256").update(bytes).digest("hex"));

    const texts = ["one two three four", "five six seven eight", "nine ten eleven"];
    const digest = async (options: PrefillOptions) => (await make(texts, options)).digest;
    expect(await digest({ seed: 1 })).toBe(await digest({ seed: 1 }));
    const orders = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map((seed) => make(texts, { seed })));
    expect(new Set(orders.map((order) => order.digest)).size).toBe(
      new Set(orders.map((order) => ids(order.prefills).join(";"))).size,
    );
    expect(await digest({ limit: 2 })).not.toBe(await digest({}));
    expect(await digest({ tokens: 2 })).not.toBe(await digest({ tokens: 3 }));
  });

  it("asks in batches for no more of a document than it needs, and for more where that is too little", async () => {
    const tokenizer = new WordTokenizer();
    const texts = Array.from({ length: 1100 }, (_, i) => `text number ${i} ${"and on ".repeat(300)}`);
    await make(texts, {}, tokenizer);
    expect(tokenizer.batches).toEqual([512, 512, 76]);
    expect(tokenizer.longest).toBe(64 * 3 + 256);

    const long = ["x".repeat(1000), "y".repeat(20_000)];
    const cut = await make([`${long[0]} ${long[1]} end`, `${long[0]} ${long[1]} end more`], {}, tokenizer);
    expect(cut.prefills).toEqual([
      Int32Array.from([long[0], ` ${long[1]}`, " end"].map((piece) => tokenizer.id(piece ?? ""))),
    ]);
    expect(cut.counts).toMatchObject({ duplicates: 1, kept: 1 });
  });

  it("cuts no surrogate pair", async () => {
    const seen: string[] = [];
    const tokenizer = {
      tokenize: async (texts: readonly string[]) => {
        seen.push(...texts);
        return texts.map((text) => Int32Array.from([...text], (character) => character.codePointAt(0) ?? 0));
      },
    };
    await makePrefills(corpus([`a${"😀".repeat(600)}`, "😀".repeat(600)]), tokenizer);
    expect(seen.map((text) => text.length)).toEqual([447, 448]);
    expect(seen.every((text) => !/[\uD800-\uDBFF]$/.test(text))).toBe(true);
  });

  it("refuses a corpus without prefills, with the counts, and options that are out of range", async () => {
    await expect(make([])).rejects.toMatchObject({
      code: "BAD_CORPUS",
      message: expect.stringMatching(/ 0 documents/),
    });
    await expect(make(["a", "b b"])).rejects.toMatchObject({
      code: "BAD_CORPUS",
      message: expect.stringMatching(/2 documents were read, and 2 .* fewer than 3 tokens/),
    });
    for (const options of [{ tokens: 0 }, { tokens: 1.5 }, { limit: 0 }, { seed: -1 }, { seed: 2 ** 32 }]) {
      await expect(make(["a b c"], options)).rejects.toMatchObject({ code: "BAD_ARGUMENT" });
    }
    const signal = AbortSignal.abort();
    await expect(make(["a b c"], { signal })).rejects.toMatchObject({ code: "CANCELLED" });
  });
});
