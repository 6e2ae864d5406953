import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkModelFile, checkVocabularyFile } from "#telltale/engine/gguf/check.js";
import { readGgufHeader } from "#telltale/engine/gguf/header.js";
import { TelltaleError } from "#telltale/errors.js";
import { randomNumbers } from "#telltale/prefill/shuffle.js";
import { draft, scalar, type WriterValue, writeGguf } from "../../fixtures/gguf-writer.js";
import { tinyModel } from "../../fixtures/tiny-model.js";
import { BASE_A, BASE_B, failureOf, scratch } from "./support.js";

const file = scratch();

/** A header or a TelltaleError, soon; anything else fails the test. */
async function outcomeOf(path: string): Promise<"header" | "error"> {
  const start = performance.now();
  try {
    await checkModelFile(path);
    return "header";
  } catch (error) {
    if (!(error instanceof TelltaleError)) throw error;
    expect(error.message).not.toMatch(/[\p{Cc}]/u);
    return "error";
  } finally {
    expect(performance.now() - start).toBeLessThan(3_000);
  }
}

describe("damaged files", () => {
  it("finds a real model cut off at 200 places, and says how many bytes of the weights are missing", async () => {
    const whole = readFileSync(BASE_A);
    const { dataOffset, tensors } = await readGgufHeader(BASE_A);
    const last = [...tensors.values()].at(-1);
    const end = dataOffset + (last?.offset ?? 0) + (last?.bytes ?? 0);
    const random = randomNumbers(1);
    // Half of the places within the header, half anywhere; cutting a file shorter step by step needs one copy only.
    const places = Array.from({ length: 200 }, (_, index) => Math.floor(random() * (index % 2 ? dataOffset : end)));
    const path = file("cut.gguf", whole);
    for (const place of places.sort((a, b) => b - a)) {
      truncateSync(path, place);
      const { code, message } = await failureOf(checkModelFile(path));
      expect(code).toBe("BAD_MODEL");
      if (place >= dataOffset) expect(message).toContain(`is cut off: ${end - place} of its ${end} bytes are missing`);
      else expect(message).toMatch(/cut off|not a GGUF|empty/);
    }
  });

  it("survives random bytes in the header of a real model", async () => {
    const whole = readFileSync(BASE_B);
    const { dataOffset } = await readGgufHeader(BASE_B);
    const path = file("mutated.gguf", whole);
    const random = randomNumbers(2);
    const outcomes = { header: 0, error: 0 };
    for (let round = 0; round < 60; round += 1) {
      const bytes = Buffer.from(whole);
      for (let change = 0; change < 1 + random() * 4; change += 1) {
        bytes[Math.floor(random() * dataOffset)] = Math.floor(random() * 256);
      }
      writeFileSync(path, bytes);
      outcomes[await outcomeOf(path)] += 1;
    }
    expect(outcomes.error).toBeGreaterThan(0);
  });

  it("survives random bytes anywhere in a small model, lengths and counts above all", async () => {
    const whole = writeGguf(tinyModel());
    const { dataOffset } = await readGgufHeader(file("whole.gguf", whole));
    const path = file("small.gguf", whole);
    const change = fc.tuple(fc.nat(dataOffset - 1), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff, 9, 8));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), async (changes) => {
        const bytes = Buffer.from(whole);
        for (const [place, byte] of changes) bytes[place] = byte;
        writeFileSync(path, bytes);
        await outcomeOf(path);
      }),
      { numRuns: 300, seed: 3 },
    );
  });

  it("survives arbitrary bytes behind the magic", async () => {
    const path = file("noise.gguf", "");
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.nat(20), fc.nat(20), async (noise, tensors, keys) => {
        const head = writeGguf({ ...draft(), tensorCount: BigInt(tensors), keyCount: BigInt(keys) }).subarray(0, 24);
        writeFileSync(path, Buffer.concat([head, noise]));
        await outcomeOf(path);
      }),
      { numRuns: 200, seed: 4 },
    );
  });

  it("takes no more memory than a hostile file is long", async () => {
    // A sparse file of a terabyte that claims 2^32 strings in an array.
    const bytes = writeGguf(draft([["k", { type: "array", of: "string", values: [], count: 2n ** 32n }]]));
    const path = file("sparse.gguf", bytes);
    truncateSync(path, 2 ** 40);
    const before = process.resourceUsage().maxRSS;
    expect((await failureOf(checkModelFile(path))).message).toContain("header of more than 128 MiB");
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(100 * 1024);
  });

  it("takes little more for a vocabulary of 15 million tokens, and refuses it", async () => {
    // A sparse file in which every token is empty.
    const count = 15_000_000;
    const keys: [string, WriterValue][] = [
      ["general.architecture", scalar("string", "llama")],
      ["tokenizer.ggml.model", scalar("string", "llama")],
      ["tokenizer.ggml.tokens", { type: "array", of: "string", values: [], count: BigInt(count) }],
    ];
    const path = file("empty-tokens.gguf", writeGguf(draft(keys)));
    truncateSync(path, 8 * count + 4096);
    const before = process.resourceUsage().maxRSS;
    expect((await failureOf(checkVocabularyFile(path))).message).toContain("has 15000000 tokens; no real vocabulary");
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(500 * 1024);
  });
});
