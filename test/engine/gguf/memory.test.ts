import { describe, expect, it } from "vitest";
import { checkModelFile } from "#telltale/engine/gguf/check.js";
import { estimateMemory } from "#telltale/engine/gguf/memory.js";
import { array, scalar, writeGguf } from "../../fixtures/gguf-writer.js";
import { mambaModel } from "../../fixtures/mamba-model.js";
import { tinyModel, withKey } from "../../fixtures/tiny-model.js";
import { BASE_A, scratch } from "./support.js";

const file = scratch();

describe("estimateMemory", () => {
  it("adds the weights and the KV cache of every sequence and a spare one, its context rounded up to 256", async () => {
    const header = await checkModelFile(BASE_A);
    // 5 layers, 2 key-value heads of 32, keys and values, 2 bytes.
    const perToken = 5 * 2 * (32 + 32) * 2;
    const { weights, kvCache, total } = estimateMemory(header, { nSequences: 3, contextPerSequence: 257 });
    expect(kvCache).toBe((3 + 1) * 512 * perToken);
    const most = estimateMemory(header, { nSequences: 256, contextPerSequence: 256 });
    expect(most.kvCache).toBe(256 * 256 * perToken);
    expect(total).toBe(weights + kvCache);
    expect(header.fileSize - weights).toBeGreaterThan(0);
    expect(header.fileSize - weights).toBeLessThan(header.dataOffset + 47 * 32);
  });

  it("follows the cache's type, heads per layer and head sizes of their own", async () => {
    let model = withKey(tinyModel(), "llama.attention.head_count_kv", array("uint32", [2]));
    model = withKey(model, "llama.attention.key_length", scalar("uint32", 24));
    model = withKey(model, "llama.attention.value_length", scalar("uint32", 8));
    const header = await checkModelFile(file("m.gguf", writeGguf(model)));
    const kv = (kvType: string) => estimateMemory(header, { nSequences: 1, contextPerSequence: 256, kvType }).kvCache;
    expect(kv("f32")).toBe(2 * 256 * 2 * (24 + 8) * 4);
    expect(kv("q8_0")).toBe((2 * 256 * 2 * (24 + 8) * 34) / 32);
    expect(() => kv("nonsense")).toThrow(/no KV cache type nonsense/);
    expect(() => kv("none")).toThrow(/no KV cache type none/);
  });

  it("counts a recurrent model's states instead of a KV cache, whatever its type is called", async () => {
    const model = mambaModel();
    const header = await checkModelFile(file("r.gguf", writeGguf(model)));
    const elements = model.tensors.map(({ shape }) => shape.map(Number).reduce((a, b) => a * b, 1));
    const weights = 4 * elements.reduce((a, b) => a + b, 0);
    // 2 layers, 65 slots: 3 columns of the convolution and 16 states of 128 channels, in float32.
    const states = 2 * 65 * (3 * 128 + 16 * 128) * 4;
    for (const type of [{}, { kvType: "none" }, { kvType: "f16" }]) {
      const estimate = estimateMemory(header, { nSequences: 64, contextPerSequence: 512, ...type });
      expect(estimate).toEqual({ weights, kvCache: states, total: weights + states });
    }
  });
});
