import { unlinkSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { randomNumbers } from "#telltale/prefill/shuffle.js";
import { bytePairModel } from "../../fixtures/byte-pair-model.js";
import { CHANGES, mutate } from "../../fixtures/hostile/mutations/mutate.js";
import { mambaModel } from "../../fixtures/mamba-model.js";
import { withRandomWeights } from "../../fixtures/random-weights.js";
import { tinyModel } from "../../fixtures/tiny-model.js";
import { scratch } from "../gguf/support.js";
import { held, together } from "./leftovers.js";
import { runThrough, vocabularyThrough } from "./run-through.js";

const MODELS = [withRandomWeights(tinyModel()), withRandomWeights(bytePairModel()), mambaModel()];
/** What may become of a file; a death of the child is survived, and yet one that the check of the header should prevent. */
const ALLOWED = ["RAN", "BAD_MODEL", "NON_FINITE", "ENGINE_FAILED"];
const MOST_BYTES = 16 << 20;
const AT_ONCE = 3;
/** A soak takes many: TELLTALE_SOAK=1, or the number of rounds. */
const SOAK = Number(process.env.TELLTALE_SOAK ?? 0);
const ROUNDS = SOAK === 0 ? 1 : SOAK === 1 ? 40 : SOAK;

const file = scratch();

/** Each kind of change once a round; which model is changed moves on from round to round. */
const mutations = Array.from({ length: ROUNDS }, (_, round) =>
  Object.keys(CHANGES).map((kind, i) => ({
    kind,
    seed: 1000 * round + i,
    model: MODELS[(round + i) % MODELS.length] ?? tinyModel(),
  })),
).flat();

describe("models changed at random", () => {
  it("run with finite numbers or end in a sentence, and leave nothing behind", { timeout: 7_200_000 }, async () => {
    const before = held();
    const deaths: string[] = [];
    await together(mutations, AT_ONCE, async ({ kind, seed, model }) => {
      const { what, bytes } = mutate(model, kind, randomNumbers(seed));
      const path = file(`${seed}.gguf`, bytes);
      const outcome = await runThrough(path);
      if (SOAK > 0) await vocabularyThrough(path);
      unlinkSync(path);
      if (!ALLOWED.includes(outcome.code))
        deaths.push(`seed ${seed}, ${what}: ${"message" in outcome ? outcome.message : ""}`);
      if ("message" in outcome) expect(outcome.message).toMatch(/^[^\p{Cc}]{20,}$/u);
    });
    expect(deaths).toEqual([]);
    const after = held();
    expect(after.children).toBe(0);
    expect(after.files).toBeLessThanOrEqual(before.files);
    expect(after.bytes - before.bytes).toBeLessThan(MOST_BYTES);
  });
});
