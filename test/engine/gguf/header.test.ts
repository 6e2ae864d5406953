import { describe, expect, it } from "vitest";
import { checkModelFile } from "#telltale/engine/gguf/check.js";
import { readGgufHeader } from "#telltale/engine/gguf/header.js";
import { TENSOR_TYPES_BY_ID } from "#telltale/engine/gguf/tensor-types.js";
import { type GgufValue, stringBytes } from "#telltale/engine/gguf/types.js";
import { array, draft, scalar, writeGguf } from "../../fixtures/gguf-writer.js";
import { tinyModel, withKey, withTensor } from "../../fixtures/tiny-model.js";
import { BASE_A, BASE_A_F16, BASE_B, scratch } from "./support.js";

const file = scratch();

describe("readGgufHeader", () => {
  it("reads real models as llama.cpp does", async () => {
    const header = await readGgufHeader(BASE_A);
    expect(header).toMatchObject({ version: 3, alignment: 32, fileSize: 1_736_032, warnings: [] });
    expect(header.metadata.size).toBe(27);
    expect(header.tensors.size).toBe(47);
    expect(header.metadata.get("llama.block_count")).toEqual({ type: "uint32", value: 5 });
    expect(header.metadata.get("tokenizer.ggml.add_bos_token")).toEqual({ type: "bool", value: false });
    expect(header.tensors.get("token_embd.weight")).toMatchObject({
      type: "Q8_0",
      shape: [128, 4096],
      bytes: (128 / 32) * 34 * 4096,
    });
    const tokens = header.metadata.get("tokenizer.ggml.tokens");
    if (tokens?.type !== "array" || tokens.of !== "string") throw new Error("no tokens");
    expect(tokens.strings.length).toBe(4096);
    expect([0, 1, 2, 3].map((id) => stringBytes(tokens.strings, id).toString())).toEqual([
      "<|endoftext|>",
      "<|im_start|>",
      "<|im_end|>",
      "Ā",
    ]);
  });

  it("finds the weights to fill the file to its end", async () => {
    for (const path of [BASE_A, BASE_A_F16, BASE_B]) {
      const header = await readGgufHeader(path);
      const last = [...header.tensors.values()].at(-1);
      const end = header.dataOffset + (last?.offset ?? 0) + (last?.bytes ?? 0);
      expect(header.fileSize - end).toBeGreaterThanOrEqual(0);
      expect(header.fileSize - end).toBeLessThan(header.alignment);
    }
  });

  it("reads every value type, as scalar and in arrays, and keeps 64-bit integers whole", async () => {
    const big = 2n ** 63n + 1n;
    const values: [string, ReturnType<typeof scalar>, GgufValue][] = [
      ["u8", scalar("uint8", 255), { type: "uint8", value: 255 }],
      ["i8", scalar("int8", -128), { type: "int8", value: -128 }],
      ["u16", scalar("uint16", 65_535), { type: "uint16", value: 65_535 }],
      ["i16", scalar("int16", -2), { type: "int16", value: -2 }],
      ["u32", scalar("uint32", 2 ** 32 - 1), { type: "uint32", value: 2 ** 32 - 1 }],
      ["i32", scalar("int32", -(2 ** 31)), { type: "int32", value: -(2 ** 31) }],
      ["f32", scalar("float32", 0.5), { type: "float32", value: 0.5 }],
      ["f64", scalar("float64", 0.1), { type: "float64", value: 0.1 }],
      ["yes", scalar("bool", true), { type: "bool", value: true }],
      ["text", scalar("string", "wörd\n"), { type: "string", value: "wörd\n" }],
      ["u64", scalar("uint64", big), { type: "uint64", value: big }],
      ["i64", scalar("int64", -5n), { type: "int64", value: -5n }],
      ["u8s", array("uint8", [1, 2, 3]), { type: "array", of: "uint8", values: Uint8Array.of(1, 2, 3) }],
      ["i8s", array("int8", [-1, 2]), { type: "array", of: "int8", values: Int8Array.of(-1, 2) }],
      ["u16s", array("uint16", [7]), { type: "array", of: "uint16", values: Uint16Array.of(7) }],
      ["i16s", array("int16", [-7]), { type: "array", of: "int16", values: Int16Array.of(-7) }],
      ["u32s", array("uint32", [7, 8]), { type: "array", of: "uint32", values: Uint32Array.of(7, 8) }],
      ["i32s", array("int32", [-7]), { type: "array", of: "int32", values: Int32Array.of(-7) }],
      ["f32s", array("float32", [1.5]), { type: "array", of: "float32", values: Float32Array.of(1.5) }],
      ["f64s", array("float64", [0.1]), { type: "array", of: "float64", values: Float64Array.of(0.1) }],
      ["bools", array("bool", [true, false]), { type: "array", of: "bool", values: Uint8Array.of(1, 0) }],
      ["u64s", array("uint64", [big]), { type: "array", of: "uint64", values: BigUint64Array.of(big) }],
      ["i64s", array("int64", [-1n]), { type: "array", of: "int64", values: BigInt64Array.of(-1n) }],
      ["none", array("int32", []), { type: "array", of: "int32", values: new Int32Array(0) }],
    ];
    const path = file("types.gguf", writeGguf(draft(values.map(([key, value]) => [key, value]))));
    const { metadata } = await readGgufHeader(path);
    expect([...metadata]).toEqual(values.map(([key, , read]) => [key, read]));
  });

  it("keeps the bytes of array strings, whatever they are, across windows of the reader", async () => {
    const strings = Array.from({ length: 700 }, (_, index) => Buffer.alloc(index * 9, index % 256));
    const path = file("strings.gguf", writeGguf(draft([["s", array("string", strings)]])));
    const value = (await readGgufHeader(path)).metadata.get("s");
    if (value?.type !== "array" || value.of !== "string") throw new Error("no strings");
    expect(value.strings.bytes.length).toBeGreaterThan(2 << 20);
    strings.forEach((string, index) => {
      expect(stringBytes(value.strings, index).equals(string)).toBe(true);
    });
  });

  it("knows the size of every tensor type", async () => {
    const types = [...TENSOR_TYPES_BY_ID.values()];
    const tensors = types.map((type) => ({
      name: `t.${type.name}`,
      shape: [type.blockElements * 2, 3],
      typeId: type.id,
      bytes: type.blockBytes * 6,
    }));
    const header = await readGgufHeader(file("tensors.gguf", writeGguf(draft([], tensors))));
    expect([...header.tensors.values()].map(({ type, bytes }) => [type, bytes])).toEqual(
      types.map((type) => [type.name, type.blockBytes * 6]),
    );
  });

  it("accepts version 2, another alignment and a tensor of four dimensions", async () => {
    const base = withKey(tinyModel(), "general.alignment", scalar("uint32", 128));
    const model = withTensor(base, "output_norm.weight", { shape: [32, 1, 1, 1] });
    const header = await checkModelFile(file("v2.gguf", writeGguf({ ...model, version: 2, alignment: 128 })));
    expect(header).toMatchObject({ version: 2, alignment: 128, warnings: [] });
    expect(header.dataOffset % 128).toBe(0);
  });

  it("reads and checks a vocabulary of 151,936 tokens in well under a second", async () => {
    const count = 151_936;
    const tokens = Array.from({ length: count }, (_, id) => `token-${id}`);
    const merges = Array.from({ length: count }, (_, id) => `left-${id} right`);
    let model = withKey(tinyModel(), "tokenizer.ggml.tokens", array("string", tokens));
    model = withKey(model, "tokenizer.ggml.token_type", array("int32", new Array<number>(count).fill(1)));
    model = withKey(model, "tokenizer.ggml.scores", undefined);
    model = withKey(model, "tokenizer.ggml.merges", array("string", merges));
    model = withTensor(model, "token_embd.weight", { shape: [32, count], typeId: 8, bytes: 34 * count });
    const path = file("large.gguf", writeGguf(model));
    const start = performance.now();
    const header = await checkModelFile(path);
    expect(performance.now() - start).toBeLessThan(1_500);
    expect(header.tensors.get("token_embd.weight")?.shape[1]).toBe(count);
  });
});
