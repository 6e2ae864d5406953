import { describe, expect, it } from "vitest";
import { checkModelFile, checkVocabularyFile } from "#telltale/engine/gguf/check.js";
import { array, type GgufDraft, writeGguf } from "../../fixtures/gguf-writer.js";
import { bytesOf } from "../../fixtures/hostile/broken-file.js";
import { KINDS } from "../../fixtures/hostile/kinds.js";
import { SHAPES } from "../../fixtures/hostile/shapes.js";
import { keyed, keys, text, u32, withToken } from "../../fixtures/hostile/tiny-changes.js";
import { VOCABULARIES } from "../../fixtures/hostile/vocabularies.js";
import { tinyModel, withKey } from "../../fixtures/tiny-model.js";
import { failureOf, GLASS_LORA, scratch } from "./support.js";

const file = scratch();

describe("models that would stop llama.cpp or cannot be audited", () => {
  const broken = [...KINDS, ...SHAPES, ...VOCABULARIES].map((each) => [each[0], each] as const);
  it.each(broken)("%s", async (_name, each) => {
    const error = await failureOf(checkModelFile(file("model.gguf", bytesOf(each))));
    expect(error).toMatchObject({ code: "BAD_MODEL", exitCode: 5 });
    expect(error.message).toMatch(each[2]);
  });

  it("accepts the model all of them are made from", async () => {
    const header = await checkModelFile(file("good.gguf", writeGguf(tinyModel())));
    expect(header.warnings).toEqual([]);
  });

  const vocabularies = [...KINDS.slice(0, -1), ...VOCABULARIES].map((each) => [each[0], each] as const);
  it.each(vocabularies)("%s, where only the vocabulary is wanted", async (name, [, content, sentence]) => {
    const model = content as GgufDraft;
    const adjusted = name === "BOS wanted and none" ? withKey(model, "tokenizer.ggml.bos_token_id", undefined) : model;
    for (const tensors of [adjusted.tensors, []]) {
      const error = await failureOf(checkVocabularyFile(file("vocabulary.gguf", writeGguf({ ...adjusted, tensors }))));
      expect(error).toMatchObject({ code: "BAD_MODEL" });
      expect(error.message).toMatch(sentence);
    }
  });

  it("refuses the shipped adapter as a model", async () => {
    expect((await failureOf(checkModelFile(GLASS_LORA))).message).toContain("Give it as --lora");
  });
});

describe("oddities that do no harm", () => {
  const warningsOf = async (model: GgufDraft) => (await checkModelFile(file("odd.gguf", writeGguf(model)))).warnings;
  const longer = array("float32", new Array<number>(261).fill(0));

  it.each<[string, GgufDraft, RegExp]>([
    ["a byte without a token", withToken(3 + 0x80, "b"), /lacks tokens for 1 of 256 bytes/],
    ["a padding token out of range", keyed("tokenizer.ggml.padding_token_id", u32(999)), /999 as its padding token/],
    ["too many scores", keyed("tokenizer.ggml.scores", longer), /261 entries for 260 tokens/],
    [
      "a BPE vocabulary without byte characters",
      keys(["tokenizer.ggml.model", text("gpt2")], ["tokenizer.ggml.merges", array("string", ["a a"])]),
      /lacks tokens for 255 of 256 bytes; llama.cpp drops them/,
    ],
  ])("%s", async (name, model, sentence) => {
    const types = array("int32", new Array<number>(260).fill(1));
    const adjusted = name === "a byte without a token" ? withKey(model, "tokenizer.ggml.token_type", types) : model;
    const warnings = await warningsOf(adjusted);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(sentence);
  });

  it("accepts heads per layer, expert counts that fit, and a head size of its own", async () => {
    const perLayer = keys(
      ["llama.attention.head_count", array("uint32", [3])],
      ["llama.attention.head_count_kv", array("int32", [1])],
      ["llama.attention.key_length", u32(16)],
      ["llama.expert_count", u32(8)],
      ["llama.expert_used_count", u32(2)],
      ["llama.rope.scaling.type", text("yarn")],
    );
    expect(await warningsOf(perLayer)).toEqual([]);
  });
});
