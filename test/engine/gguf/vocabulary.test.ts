import { describe, expect, it } from "vitest";
import { checkModelFile } from "#telltale/engine/gguf/check.js";
import { readGgufHeader } from "#telltale/engine/gguf/header.js";
import { compareVocabularies, tokenText } from "#telltale/engine/gguf/vocabulary.js";
import { array, draft, type GgufDraft, scalar, writeGguf } from "../../fixtures/gguf-writer.js";
import { withKey } from "../../fixtures/tiny-model.js";
import { BASE_A, BASE_A_F16, BASE_B, scratch } from "./support.js";

const file = scratch();

function vocabulary(tokens: (string | Buffer)[], types?: number[], model = "llama"): GgufDraft {
  const base = draft([
    ["tokenizer.ggml.model", scalar("string", model)],
    ["tokenizer.ggml.tokens", array("string", tokens)],
  ]);
  return types === undefined ? base : withKey(base, "tokenizer.ggml.token_type", array("int32", types));
}

const compare = async (a: GgufDraft, b: GgufDraft) =>
  compareVocabularies(
    await readGgufHeader(file("a.gguf", writeGguf(a))),
    await readGgufHeader(file("b.gguf", writeGguf(b))),
  );

describe("compareVocabularies", () => {
  it("finds two quantisations of one model equal and two families different", async () => {
    const [a, f16, b] = await Promise.all([BASE_A, BASE_A_F16, BASE_B].map(checkModelFile));
    if (!a || !f16 || !b) throw new Error("no models");
    expect(compareVocabularies(a, f16)).toEqual({ same: true });
    expect(compareVocabularies(a, b)).toEqual({
      same: false,
      reason: 'the tokenizers differ: "gpt2" against "llama"',
    });
  });

  it("takes missing types for normal ones", async () => {
    expect(await compare(vocabulary(["a", "b"]), vocabulary(["a", "b"], [1, 1]))).toEqual({ same: true });
  });

  it("names the first token that differs, and shows no control characters", async () => {
    const result = await compare(vocabulary(["a", "b\u001b[2J\u202e"]), vocabulary(["a", 'c"\n']));
    expect(result).toEqual({
      same: false,
      reason: 'token 1 is "b\\u{1b}[2J\\u{202e}" (normal) against "c\\"\\n" (normal)',
    });
  });

  it("tells bytes apart that are both no UTF-8", async () => {
    const result = await compare(vocabulary([Buffer.from([0xff])]), vocabulary([Buffer.from([0xfe])]));
    expect(result).toEqual({ same: false, reason: 'token 0 is "\\xff" (normal) against "\\xfe" (normal)' });
  });

  it("names types that differ", async () => {
    const result = await compare(vocabulary(["a", "b"], [1, 3]), vocabulary(["a", "b"], [1, 4]));
    expect(result).toEqual({ same: false, reason: 'token 1 is "b" (control) against "b" (user-defined)' });
  });

  it("names sizes that differ, and whether the shorter one is the start of the longer", async () => {
    expect(await compare(vocabulary(["a", "b", "c"]), vocabulary(["a", "b"]))).toEqual({
      same: false,
      reason: "the sizes differ: 3 tokens against 2; the shorter one equals the start of the longer",
    });
    expect(await compare(vocabulary(["a", "b", "c"]), vocabulary(["a", "x"]))).toMatchObject({
      reason: 'the sizes differ: 3 tokens against 2; token 1 is "b" (normal) against "x" (normal)',
    });
  });

  it("does not mind another pre-tokenizer, since ids are scored", async () => {
    const pre = (name: string) => withKey(vocabulary(["a"], [1], "gpt2"), "tokenizer.ggml.pre", scalar("string", name));
    expect(await compare(pre("qwen2"), pre("llama-bpe"))).toEqual({ same: true });
  });
});

describe("tokenText", () => {
  it("gives a token's text, and nothing beyond the vocabulary", async () => {
    const header = await checkModelFile(BASE_A);
    expect(tokenText(header, 2)).toBe("<|im_end|>");
    expect([-1, 4096, 0.5].map((id) => tokenText(header, id))).toEqual([undefined, undefined, undefined]);
  });
});
