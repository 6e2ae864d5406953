import { describe, expect, it } from "vitest";
import { checkAdapterFile } from "#telltale/engine/gguf/adapter-check.js";
import { checkModelFile } from "#telltale/engine/gguf/check.js";
import { draft, type GgufDraft, scalar, type WriterTensor, writeGguf } from "../../fixtures/gguf-writer.js";
import { tinyModel, withKey } from "../../fixtures/tiny-model.js";
import { BASE_A, BASE_A_F16, BASE_B, failureOf, GLASS_LORA, scratch } from "./support.js";

const file = scratch();

const a = (name: string, ...shape: number[]): WriterTensor => ({ name: `${name}.lora_a`, shape });
const b = (name: string, ...shape: number[]): WriterTensor => ({ name: `${name}.lora_b`, shape });
const Q = "blk.0.attn_q.weight";
const K = "blk.0.attn_k.weight";
const EMBEDDING = "token_embd.weight";

/** An adapter of rank 4 for the tiny model with these tensors. */
function adapter(...tensors: WriterTensor[]): GgufDraft {
  return draft(
    [
      ["general.type", scalar("string", "adapter")],
      ["general.architecture", scalar("string", "llama")],
      ["adapter.type", scalar("string", "lora")],
      ["adapter.lora.alpha", scalar("float32", 8)],
    ],
    tensors,
  );
}

const good = () => adapter(a(Q, 32, 4), b(Q, 4, 32), a(K, 32, 4), b(K, 4, 16));
const tiny = () => checkModelFile(file("tiny.gguf", writeGguf(tinyModel())));

describe("checkAdapterFile", () => {
  it("accepts the shipped adapter on its model, whatever the model's quantisation", async () => {
    for (const path of [BASE_A, BASE_A_F16]) {
      const header = await checkAdapterFile(GLASS_LORA, await checkModelFile(path));
      expect(header.tensors.size).toBe(70);
    }
  });

  it("refuses it on another model, naming the first tensor that does not fit", async () => {
    const error = await failureOf(checkAdapterFile(GLASS_LORA, await checkModelFile(BASE_B)));
    expect(error).toMatchObject({ code: "BAD_ADAPTER", exitCode: 5, model: GLASS_LORA });
    expect(error.message).toMatch(/does not fit the model at "blk.0.attn_k.weight": 128 x 8 and 8 x 64 to 128 x 128/);
  });

  it.each<[string, GgufDraft]>([
    ["two linear layers", good()],
    ["token embeddings, stored the other way round", adapter(a(EMBEDDING, 4, 260), b(EMBEDDING, 4, 32))],
    [
      "norm vectors, which are left aside",
      { ...good(), tensors: [...good().tensors, { name: "x_norm.weight", shape: [9] }] },
    ],
    ["no alpha", withKey(good(), "adapter.lora.alpha", undefined)],
  ])("accepts %s", async (_name, adapterDraft) => {
    const header = await checkAdapterFile(file("good.gguf", writeGguf(adapterDraft)), await tiny());
    expect(header.tensors.size).toBe(adapterDraft.tensors.length);
  });

  it.each<[string, GgufDraft | Buffer, RegExp]>([
    ["a model", tinyModel(), /not an adapter \(general.type\)/],
    ["not a GGUF file", Buffer.from("PK\x03\x04"), /zip archive/],
    ["a general.type that is no text", withKey(good(), "general.type", scalar("uint32", 1)), /not an adapter/],
    ["another kind of adapter", withKey(good(), "adapter.type", scalar("string", "ia3")), /not a LoRA adapter/],
    ["another architecture", withKey(good(), "general.architecture", scalar("string", "qwen2")), /"qwen2".*"llama"/],
    ["alpha as an integer", withKey(good(), "adapter.lora.alpha", scalar("uint32", 8)), /adapter.lora.alpha/],
    ["NaN as alpha", withKey(good(), "adapter.lora.alpha", scalar("float32", Number.NaN)), /adapter.lora.alpha/],
    ["no tensors", adapter(), /changes no tensor/],
    ["a tensor that is no pair", adapter({ name: Q, shape: [4] }), /no part of a LoRA adapter/],
    ["half a pair", adapter(a(Q, 32, 4)), /half of the pair.*lora_b is missing/],
    ["the other half", adapter(b(Q, 4, 32)), /lora_a is missing/],
    ["a tensor the model lacks", adapter(a("blk.7.attn_q.weight", 32, 4), b("blk.7.attn_q.weight", 4, 32)), /not have/],
    ["another width", adapter(a(Q, 64, 4), b(Q, 4, 32)), /does not fit.*64 x 4 and 4 x 32 to 32 x 32/],
    ["another height", adapter(a(Q, 32, 4), b(Q, 4, 64)), /does not fit/],
    ["ranks that differ", adapter(a(Q, 32, 4), b(Q, 8, 32)), /does not fit/],
    ["more dimensions", adapter(a(Q, 32, 4, 2), b(Q, 4, 32, 2)), /does not fit/],
    ["embeddings the usual way round", adapter(a(EMBEDDING, 32, 4), b(EMBEDDING, 4, 260)), /does not fit/],
    ["integers", adapter({ ...a(Q, 32, 4), typeId: 26 }, b(Q, 4, 32)), /I32, which cannot be multiplied/],
  ])("refuses %s", async (_name, content, sentence) => {
    const bytes = Buffer.isBuffer(content) ? content : writeGguf(content);
    const error = await failureOf(checkAdapterFile(file("bad.gguf", bytes), await tiny()));
    expect(error.code).toBe("BAD_ADAPTER");
    expect(error.message).toMatch(sentence);
  });
});
