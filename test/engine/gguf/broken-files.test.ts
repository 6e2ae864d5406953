import { chmodSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkModelFile } from "#telltale/engine/gguf/check.js";
import { draft, type GgufDraft, scalar, uint32, uint64, writeGguf } from "../../fixtures/gguf-writer.js";
import { tinyModel, withKey, withTensor } from "../../fixtures/tiny-model.js";
import { failureOf, scratch } from "./support.js";

const file = scratch();

const raw = (bytes: Buffer) => ({ type: "raw", bytes }) as const;
const stringArray = (count: bigint, rest: Buffer = Buffer.alloc(0)) =>
  raw(Buffer.concat([uint32(9), uint32(8), uint64(count), rest]));
const bigEndian = () => {
  const bytes = writeGguf(tinyModel());
  bytes.writeUInt32BE(3, 4);
  return bytes;
};
const safetensors = Buffer.concat([uint64(20n), Buffer.from('{"a":{"dtype":"F32"}}')]);
const one = (tensor: GgufDraft["tensors"][number]) => draft([], [tensor]);

/** What the file is, its bytes, and what the sentence must say. */
const NOT_GGUF: [string, Buffer | string, RegExp][] = [
  ["empty", "", /is empty/],
  ["text", "hello there", /not a GGUF file/],
  ["three bytes", "GGU", /not a GGUF file/],
  ["safetensors", safetensors, /safetensors.*convert_hf_to_gguf/],
  ["a PyTorch zip", "PK\x03\x04xxxx", /PyTorch checkpoint/],
  ["a pickle", Buffer.from([0x80, 0x02, 0x8a, 0x0a]), /pickle/],
  ["old GGML", "lmgg0000", /old GGML model.*Convert/],
  ["old GGJT", "tjgg0000", /old GGJT model/],
  ["a web page", "\n<!DOCTYPE html><html>", /web page: the download failed/],
  ["an LFS pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:00\n", /Git LFS pointer.*git lfs pull/],
  ["JSON", '{"error":"not found"}', /JSON file/],
  ["zeros", Buffer.alloc(4096), /zeros only/],
  ["gzip", Buffer.from([0x1f, 0x8b, 8, 0]), /gzip/],
];

const HEADERS: [string, GgufDraft | Buffer, RegExp][] = [
  ["big-endian", bigEndian(), /big-endian/],
  ["version 0", { ...tinyModel(), version: 0 }, /version 0/],
  ["version 1", { ...tinyModel(), version: 1 }, /version 1/],
  ["version 4", { ...tinyModel(), version: 4 }, /version 4; versions 2 and 3/],
  ["only the magic", Buffer.from("GGUF"), /ends inside its header/],
  ["2^63 keys", { ...tinyModel(), keyCount: 2n ** 63n }, /claims 9223372036854775808 metadata keys/],
  ["2^64-1 tensors", { ...tinyModel(), tensorCount: 2n ** 64n - 1n }, /claims \d+ tensors/],
  ["more keys than there are", writeGguf({ ...draft(), keyCount: 2n }).subarray(0, 24), /ends inside its header/],
  ["an empty key", draft([["", scalar("bool", true)]]), /empty name/],
  ["a key with an escape sequence", draft([["a\u001b[2J", scalar("bool", true)]]), /unprintable/],
  ["a key that is not UTF-8", draft([[Buffer.from([0xff, 0xfe]), scalar("bool", true)]]), /unprintable/],
  ["a key of 65,536 bytes", draft([["k".repeat(65_536), scalar("bool", true)]]), /65536 bytes/],
  [
    "a key twice",
    draft([
      ["k", scalar("uint8", 1)],
      ["k", scalar("uint8", 2)],
    ]),
    /"k" twice/,
  ],
  ["an unknown value type", draft([["k", raw(uint32(13))]]), /unknown type 13/],
  ["a string of 2^60 bytes", draft([["k", raw(Buffer.concat([uint32(8), uint64(2n ** 60n)]))]]), /cut off or damaged/],
  ["an array of 2^60 strings", draft([["k", stringArray(2n ** 60n)]]), /cut off or damaged/],
  ["an array of 2^64-1 strings", draft([["k", stringArray(2n ** 64n - 1n)]]), /cut off or damaged/],
  ["a long string in an array", draft([["k", stringArray(1n, uint64(999n))]]), /cut off or damaged/],
  ["an array of arrays", draft([["k", raw(Buffer.concat([uint32(9), uint32(9), uint64(0n)]))]]), /array of arrays/],
  ["an unknown element type", draft([["k", raw(Buffer.concat([uint32(9), uint32(77), uint64(0n)]))]]), /type 77/],
  ["alignment 0", withKey(draft(), "general.alignment", scalar("uint32", 0)), /power of two/],
  ["alignment 48", withKey(draft(), "general.alignment", scalar("uint32", 48)), /power of two/],
  ["alignment as text", withKey(draft(), "general.alignment", scalar("string", "32")), /instead of uint32/],
  ["a tensor name of 64 bytes", one({ name: "n".repeat(64), shape: [4] }), /64 bytes/],
  [
    "a tensor twice",
    draft(
      [],
      [
        { name: "t", shape: [8] },
        { name: "t", shape: [8] },
      ],
    ),
    /tensor "t" twice/,
  ],
  ["no dimension", one({ name: "t", shape: [], bytes: 4 }), /0 dimensions/],
  ["five dimensions", one({ name: "t", shape: [1, 1, 1, 1, 1] }), /5 dimensions/],
  ["a size of 0", one({ name: "t", shape: [4, 0] }), /holds nothing/],
  ["sizes that overflow", one({ name: "t", shape: [2n ** 62n, 2n ** 62n], bytes: 4 }), /impossible shape/],
  ["an unknown tensor type", one({ name: "t", shape: [4], typeId: 99 }), /unknown type 99/],
  ["a withdrawn tensor type", one({ name: "t", shape: [32], typeId: 4, bytes: 18 }), /unknown type 4/],
  ["rows that are no whole blocks", one({ name: "t", shape: [33], typeId: 8, bytes: 34 }), /cannot store/],
  ["an offset off its place", withTensor(tinyModel(), "blk.0.attn_q.weight", { offset: 7n }), /at byte 7 instead/],
  ["an offset of 2^64-1", one({ name: "t", shape: [4], offset: 2n ** 64n - 1n }), /far outside/],
  ["weights that end early", one({ name: "t", shape: [1000], bytes: 400 }), /3584 of its 4064 bytes are missing/],
  ["2^52 bytes of weights", one({ name: "t", shape: [2n ** 50n], bytes: 4 }), /is cut off: \d+ of its \d+ bytes/],
];

describe("files that are no usable GGUF", () => {
  it.each([...NOT_GGUF, ...HEADERS])("%s", async (name, content, sentence) => {
    const bytes = typeof content === "string" || Buffer.isBuffer(content) ? content : writeGguf(content);
    const path = file(`${name.replaceAll(/\W/g, "-")}.gguf`, bytes);
    const start = performance.now();
    const error = await failureOf(checkModelFile(path));
    expect(performance.now() - start).toBeLessThan(2_000);
    expect(error.code).toBe("BAD_MODEL");
    expect(error.message).toMatch(sentence);
    expect(error.message).toContain(path);
    expect(error.model).toBe(path);
    expect(error.message).not.toMatch(/[\p{Cc}]/u);
  });

  it("says that a file is missing, or a directory, or no file at all", async () => {
    const path = file("there.gguf", "x");
    const missing = await failureOf(checkModelFile(`${path}.not`));
    expect(missing).toMatchObject({ code: "FILE_UNREADABLE", exitCode: 3 });
    expect(missing.message).toContain("does not exist");
    const directory = join(dirname(path), "directory.gguf");
    mkdirSync(directory);
    expect((await failureOf(checkModelFile(directory))).message).toContain("is a directory");
    expect((await failureOf(checkModelFile(join(path, "below")))).code).toBe("FILE_UNREADABLE");
  });

  it.runIf(process.platform === "linux")("does not wait for devices", async () => {
    expect((await failureOf(checkModelFile("/dev/zero"))).message).toContain("is not a regular file");
  });

  it.runIf(process.platform !== "win32" && process.getuid?.() !== 0)("says that a file may not be read", async () => {
    const path = file("secret.gguf", writeGguf(tinyModel()));
    chmodSync(path, 0);
    expect((await failureOf(checkModelFile(path))).message).toContain("permissions");
  });
});
