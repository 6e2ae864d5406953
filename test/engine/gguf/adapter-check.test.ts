import { describe, expect, it } from "vitest";
import { checkAdapterFile } from "#telltale/engine/gguf/adapter-check.js";
import { checkModelFile } from "#telltale/engine/gguf/check.js";
import { type GgufDraft, writeGguf } from "../../fixtures/gguf-writer.js";
import { ADAPTERS, a, adapter, b, EMBEDDING, goodAdapter } from "../../fixtures/hostile/adapters.js";
import { bytesOf } from "../../fixtures/hostile/broken-file.js";
import { tinyModel, withKey } from "../../fixtures/tiny-model.js";
import { BASE_A, BASE_A_F16, BASE_B, failureOf, GLASS_LORA, scratch } from "./support.js";

const file = scratch();

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
    ["two linear layers", goodAdapter()],
    ["token embeddings, stored the other way round", adapter(a(EMBEDDING, 4, 260), b(EMBEDDING, 4, 32))],
    [
      "norm vectors, which are left aside",
      { ...goodAdapter(), tensors: [...goodAdapter().tensors, { name: "x_norm.weight", shape: [9] }] },
    ],
    ["no alpha", withKey(goodAdapter(), "adapter.lora.alpha", undefined)],
  ])("accepts %s", async (_name, adapterDraft) => {
    const header = await checkAdapterFile(file("good.gguf", writeGguf(adapterDraft)), await tiny());
    expect(header.tensors.size).toBe(adapterDraft.tensors.length);
  });

  it.each(ADAPTERS.map((broken) => [broken[0], broken] as const))("refuses %s", async (_name, broken) => {
    const error = await failureOf(checkAdapterFile(file("bad.gguf", bytesOf(broken)), await tiny()));
    expect(error.code).toBe("BAD_ADAPTER");
    expect(error.message).toMatch(broken[2]);
  });
});
