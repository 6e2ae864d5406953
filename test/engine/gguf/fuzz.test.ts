import { writeFileSync } from "node:fs";
import fc from "fast-check";
import { expect, it } from "vitest";
import { checkAdapterFile } from "#telltale/engine/gguf/adapter-check.js";
import { checkModelFile, checkVocabularyFile } from "#telltale/engine/gguf/check.js";
import { estimateMemory, estimateScratch } from "#telltale/engine/gguf/memory.js";
import { compareVocabularies } from "#telltale/engine/gguf/vocabulary.js";
import { TelltaleError } from "#telltale/errors.js";
import { randomNumbers } from "#telltale/prefill/shuffle.js";
import { bytePairModel } from "../../fixtures/byte-pair-model.js";
import { writeGguf } from "../../fixtures/gguf-writer.js";
import { goodAdapter } from "../../fixtures/hostile/adapters.js";
import { CHANGES, mutate } from "../../fixtures/hostile/mutations/mutate.js";
import { mambaModel } from "../../fixtures/mamba-model.js";
import { tinyModel } from "../../fixtures/tiny-model.js";
import { scratch } from "./support.js";

const SECONDS = process.env.TELLTALE_SOAK === undefined ? 3 : 300;
const file = scratch();

const MODELS = [tinyModel(), bytePairModel(), mambaModel(), goodAdapter()];
/** Numbers that lengths and counts go wrong with. */
const FIELDS = [0n, 1n, 255n, 2n ** 16n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n];

const draftChange = fc.record({
  model: fc.nat(MODELS.length - 1),
  kind: fc.constantFrom(...Object.keys(CHANGES)),
  seed: fc.nat(),
});
/** At a share of the header's bytes a number is written over what is there, or bytes are put in or taken out. */
const byteChange = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  how: fc.constantFrom("number", "in", "out" as const),
  number: fc.constantFrom(...FIELDS),
  bytes: fc.uint8Array({ maxLength: 16 }),
});

type ByteChange = typeof byteChange extends fc.Arbitrary<infer T> ? T : never;

function changed(given: Buffer, { at, how, number, bytes }: ByteChange): Buffer {
  const place = Math.floor(at * Math.max(0, Math.min(given.length, 40_000) - 8));
  if (how === "in") return Buffer.concat([given.subarray(0, place), bytes, given.subarray(place)]);
  if (how === "out") return Buffer.concat([given.subarray(0, place), given.subarray(place + bytes.length)]);
  if (given.length >= place + 8) given.writeBigUInt64LE(number, place);
  return given;
}

/** All that reads a header: it gives something or a TelltaleError; anything else is thrown on. */
async function checked(path: string, tiny: Awaited<ReturnType<typeof checkModelFile>>): Promise<number> {
  let accepted = 0;
  const readings = [
    async () => {
      const header = await checkModelFile(path);
      expect(estimateMemory(header, { nSequences: 1, contextPerSequence: 256 }).total).toBeGreaterThanOrEqual(0);
      expect(estimateScratch(header, 64).compute).toBeGreaterThan(0);
      compareVocabularies(header, tiny);
    },
    () => checkVocabularyFile(path),
    () => checkAdapterFile(path, tiny),
  ];
  for (const read of readings) {
    try {
      await read();
      accepted += 1;
    } catch (error) {
      if (!(error instanceof TelltaleError)) throw error;
      expect(error.message).toMatch(/^[^\p{Cc}]{20,}$/u);
    }
  }
  return accepted;
}

it(`gives a header or a TelltaleError for any file, tried for ${SECONDS} seconds`, {
  timeout: 2000 * SECONDS + 60_000,
}, async () => {
  const tiny = await checkModelFile(file("tiny.gguf", writeGguf(tinyModel())));
  const path = file("fuzzed.gguf", "");
  let [tried, accepted] = [0, 0];
  const property = fc.asyncProperty(
    draftChange,
    fc.array(byteChange, { maxLength: 3 }),
    async ({ model, kind, seed }, changes) => {
      const { bytes } = mutate(MODELS[model] ?? tinyModel(), kind, randomNumbers(seed));
      writeFileSync(path, changes.reduce(changed, bytes));
      accepted += await checked(path, tiny);
      tried += 1;
    },
  );
  await fc.assert(property, { numRuns: Number.MAX_SAFE_INTEGER, interruptAfterTimeLimit: 1000 * SECONDS });
  expect(tried).toBeGreaterThan(50);
  expect(accepted).toBeGreaterThan(0);
});
