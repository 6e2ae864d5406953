import { describe, expect, it } from "vitest";
import { checkModelFile, checkVocabularyFile } from "#telltale/engine/gguf/check.js";
import { array, type GgufDraft, scalar, type WriterValue, writeGguf } from "../../fixtures/gguf-writer.js";
import { tinyModel, withKey, withoutTensor, withTensor } from "../../fixtures/tiny-model.js";
import { failureOf, GLASS_LORA, scratch } from "./support.js";

const file = scratch();

const keyed = (key: string, value: WriterValue | undefined) => withKey(tinyModel(), key, value);
const text = (value: string) => scalar("string", value);
const u32 = (value: number) => scalar("uint32", value);
const f32 = (value: number) => scalar("float32", value);
const keys = (...pairs: [string, WriterValue][]) =>
  pairs.reduce((model, [key, value]) => withKey(model, key, value), tinyModel());

/** The tokens of the tiny model with one of them changed. */
function withToken(id: number, token: string | Buffer): GgufDraft {
  const value = tinyModel().metadata.find(([key]) => key === "tokenizer.ggml.tokens")?.[1];
  if (value?.type !== "array") throw new Error("no tokens");
  return keyed("tokenizer.ggml.tokens", array("string", value.values.with(id, token)));
}

const architectures = ["bert", "nomic-bert", "jina-bert-v2", "t5encoder", "gemma-embedding", "llama-embed"];

const KINDS: [string, GgufDraft, RegExp][] = [
  ...architectures.map((name): [string, GgufDraft, RegExp] => [
    `architecture ${name}`,
    keyed("general.architecture", text(name)),
    /is an embedding model/,
  ]),
  ["a projector", keyed("general.architecture", text("clip")), /projector/],
  ["a mmproj type", keyed("general.type", text("mmproj")), /projector/],
  ["encoder-decoder", keyed("general.architecture", text("t5")), /encoder-decoder/],
  ["diffusion", keyed("general.architecture", text("llada")), /diffusion/],
  ["speech", keyed("general.architecture", text("wavtokenizer-dec")), /speech/],
  ["a draft model", keyed("general.architecture", text("eagle3")), /draft model/],
  ["no architecture", keyed("general.architecture", undefined), /names no architecture/],
  ["architecture as a number", keyed("general.architecture", u32(1)), /instead of text/],
  ["an adapter", keyed("general.type", text("adapter")), /LoRA adapter. Give it as --lora/],
  ["an imatrix", keyed("general.type", text("imatrix")), /imatrix/],
  ["pooling", keyed("llama.pooling_type", u32(3)), /embedding or ranking model/],
  ["not causal", keyed("llama.attention.causal", scalar("bool", false)), /attention.causal is false/],
  ["a vocabulary only", { ...tinyModel(), tensors: [] }, /a vocabulary and no weights/],
];

const SHAPES: [string, GgufDraft, RegExp][] = [
  ["no block count", keyed("llama.block_count", undefined), /lacks .*block_count/],
  ["0 layers", keyed("llama.block_count", u32(0)), /has 0 at "llama.block_count"/],
  ["513 layers", keyed("llama.block_count", u32(513)), /has 513 at/],
  ["layers as a float", keyed("llama.block_count", f32(1)), /as float32 instead of uint32/],
  ["no embedding length", keyed("llama.embedding_length", undefined), /embedding_length/],
  ["no heads", keyed("llama.attention.head_count", u32(0)), /no attention head/],
  ["heads missing", keyed("llama.attention.head_count", undefined), /lacks .*head_count/],
  ["heads that do not divide", keyed("llama.attention.head_count", u32(3)), /32 among 3 heads/],
  ["shared heads that do not divide", keyed("llama.attention.head_count_kv", u32(3)), /3 key-value heads among 2/],
  ["heads for 2 of 1 layers", keyed("llama.attention.head_count", array("int32", [2, 2])), /2 numbers/],
  ["NaN as epsilon", keyed("llama.attention.layer_norm_rms_epsilon", f32(Number.NaN)), /has NaN at/],
  ["0 as epsilon", keyed("llama.attention.layer_norm_rms_epsilon", f32(0)), /has 0 at/],
  ["NaN elsewhere", keyed("llama.rope.freq_base", f32(Number.NaN)), /NaN.*freq_base/],
  ["unknown rope scaling", keyed("llama.rope.scaling.type", text("magic")), /rope scaling "magic"/],
  ["prediction layers", keyed("llama.nextn_predict_layers", u32(2)), /2 prediction layers among 1/],
  ["experts used of none", keyed("llama.expert_used_count", u32(2)), /uses 2 of 0 experts/],
  ["experts and none used", keyed("llama.expert_count", u32(8)), /8 experts and uses none/],
  ["1025 experts", keyed("llama.expert_count", u32(1025)), /1025 experts/],
  [
    "expert groups that do not divide",
    keys(["llama.expert_count", u32(8)], ["llama.expert_used_count", u32(2)], ["llama.expert_group_count", u32(3)]),
    /8 experts into 3 groups/,
  ],
  ["a norm in F16", withTensor(tinyModel(), "output_norm.weight", { typeId: 1, bytes: 64 }), /F16.*unless it is F32/],
  ["no embeddings", withoutTensor(tinyModel(), "token_embd.weight"), /lacks the token embeddings/],
  ["too few embeddings", withTensor(tinyModel(), "token_embd.weight", { shape: [32, 259] }), /260 tokens and .* 259/],
];

const VOCABULARIES: [string, GgufDraft, RegExp][] = [
  ["no tokenizer", keyed("tokenizer.ggml.model", undefined), /lacks .*tokenizer.ggml.model/],
  ["no vocabulary", keyed("tokenizer.ggml.model", text("no_vocab")), /tokenizer "no_vocab"/],
  ["no tokens", keyed("tokenizer.ggml.tokens", undefined), /lacks .*tokenizer.ggml.tokens/],
  ["0 tokens", keyed("tokenizer.ggml.tokens", array("string", [])), /empty vocabulary/],
  ["tokens as numbers", keyed("tokenizer.ggml.tokens", array("int32", [1])), /array of int32 instead/],
  ["the same token twice", withToken(259, "</s>"), /same text "<\/s>" for the tokens 2 and 259/],
  ["the same token up to a zero byte", withToken(259, Buffer.from("</s>\0x")), /for the tokens 2 and 259/],
  ["short token types", keyed("tokenizer.ggml.token_type", array("int32", [1])), /only 1 entries .*token_type/],
  ["unsigned token types", keyed("tokenizer.ggml.token_type", array("uint32", [1])), /instead of an array of int32/],
  ["short scores", keyed("tokenizer.ggml.scores", array("float32", [0])), /only 1 entries .*scores/],
  ["BOS out of range", keyed("tokenizer.ggml.bos_token_id", u32(260)), /names 260 as its bos token/],
  ["EOS out of range", keyed("tokenizer.ggml.eos_token_id", u32(2 ** 32 - 1)), /as its eos token/],
  ["EOT out of range", keyed("tokenizer.ggml.eot_token_id", u32(999)), /as its eot token/],
  ["EOS as int32", keyed("tokenizer.ggml.eos_token_id", scalar("int32", 2)), /as int32 instead of uint32/],
  ["a byte token that names none", withToken(10, "<0xZZ>"), /token 10, "<0xZZ>", as a byte/],
  [
    "an RWKV token of which llama.cpp would look for the end for ever",
    keys(["tokenizer.ggml.model", text("rwkv")], ["tokenizer.ggml.tokens", array("string", ["a", "b", "\\x63\\n"])]),
    /begins the token 2 with the byte 0x63, which is no token by itself/,
  ],
  ["BPE without merges", keyed("tokenizer.ggml.model", text("gpt2")), /lacks the merges/],
  [
    "BOS wanted and none",
    keys(["tokenizer.ggml.model", text("rwkv")], ["tokenizer.ggml.add_bos_token", scalar("bool", true)]),
    /asks for a BOS token/,
  ],
];

describe("models that would stop llama.cpp or cannot be audited", () => {
  it.each([...KINDS, ...SHAPES, ...VOCABULARIES])("%s", async (name, model, sentence) => {
    const adjusted = name === "BOS wanted and none" ? withKey(model, "tokenizer.ggml.bos_token_id", undefined) : model;
    const error = await failureOf(checkModelFile(file("model.gguf", writeGguf(adjusted))));
    expect(error).toMatchObject({ code: "BAD_MODEL", exitCode: 5 });
    expect(error.message).toMatch(sentence);
  });

  it("accepts the model all of them are made from", async () => {
    const header = await checkModelFile(file("good.gguf", writeGguf(tinyModel())));
    expect(header.warnings).toEqual([]);
  });

  const vocabularies = [...KINDS.slice(0, -1), ...VOCABULARIES];
  it.each(vocabularies)("%s, where only the vocabulary is wanted", async (name, model, sentence) => {
    const adjusted = name === "BOS wanted and none" ? withKey(model, "tokenizer.ggml.bos_token_id", undefined) : model;
    for (const tensors of [adjusted.tensors, []]) {
      const error = await failureOf(checkVocabularyFile(file("vocabulary.gguf", writeGguf({ ...adjusted, tensors }))));
      expect(error).toMatchObject({ code: "BAD_MODEL" });
      expect(error.message).toMatch(sentence);
    }
  });

  it.each(SHAPES)("but not %s, where only the vocabulary is wanted", async (_, model) => {
    const header = await checkVocabularyFile(file("vocabulary.gguf", writeGguf(model)));
    expect(header.warnings).toEqual([]);
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
