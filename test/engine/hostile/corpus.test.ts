import { existsSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { audit } from "#telltale/audit/audit.js";
import type { AuditOptions } from "#telltale/audit/options.js";
import { openTokenizer } from "#telltale/engine/tokenizer.js";
import type { TelltaleError } from "#telltale/errors.js";
import { writeGguf } from "../../fixtures/gguf-writer.js";
import { ADAPTERS } from "../../fixtures/hostile/adapters.js";
import { type BrokenFile, bytesOf } from "../../fixtures/hostile/broken-file.js";
import { CORPUS } from "../../fixtures/hostile/corpus.js";
import { LLAMA_KINDS } from "../../fixtures/hostile/llama-kinds.js";
import { VOCABULARIES } from "../../fixtures/hostile/vocabularies.js";
import { withRandomWeights } from "../../fixtures/random-weights.js";
import { tinyModel } from "../../fixtures/tiny-model.js";
import { failureOf, scratch } from "../gguf/support.js";
import { held, together } from "./leftovers.js";
import { type Outcome, runThrough } from "./run-through.js";

const MOST_BYTES = 16 << 20;
const AT_ONCE = 3;

const file = scratch();
const pathOf = (broken: BrokenFile): string => file(`${broken[0].replaceAll(/\W/g, "-")}.gguf`, bytesOf(broken));

/** Refused with this code, for the reason given. */
function expectRefused(broken: BrokenFile, outcome: Outcome, code: string): void {
  expect([broken[0], outcome.code]).toEqual([broken[0], code]);
  expect("message" in outcome && outcome.message).toMatch(broken[2]);
}

describe("broken files, given to an audit", () => {
  const good = file("reference.gguf", writeGguf(withRandomWeights(tinyModel())));
  const directory = path.join(path.dirname(good), "run");
  const refusal = (models: Omit<AuditOptions, "directory">): Promise<TelltaleError> =>
    failureOf(audit({ ...models, directory }));

  it("end it before anything is loaded, in whatever place they stand, and leave no run", async () => {
    for (const broken of CORPUS) {
      const hostile = pathOf(broken);
      for (const models of [
        { finetuned: hostile, reference: good },
        { finetuned: good, reference: hostile },
      ]) {
        const { code, message } = await refusal(models);
        expectRefused(broken, { code, message, phase: undefined, log: [] }, "BAD_MODEL");
      }
    }
    for (const broken of ADAPTERS) {
      const { code, message } = await refusal({ finetuned: good, reference: good, lora: { path: pathOf(broken) } });
      expectRefused(broken, { code, message, phase: undefined, log: [] }, "BAD_ADAPTER");
    }
    expect(existsSync(directory)).toBe(false);
    expect(held().children).toBe(0);
  });
});

describe("broken files, opened as every command opens them", () => {
  it("are over 60, and of every kind that llama.cpp's own test makes", () => {
    const names = CORPUS.map(([name]) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThan(60);
    for (const [kind, ours] of Object.entries(LLAMA_KINDS))
      expect([kind, ours.filter((name) => !names.includes(name))]).toEqual([kind, []]);
  });

  it("end in a sentence and leave nothing behind: no process, no open file, no memory", {
    timeout: 300_000,
  }, async () => {
    const good = file("good.gguf", writeGguf(withRandomWeights(tinyModel())));
    expect(await runThrough(good)).toEqual({ code: "RAN" });
    const before = held();
    expect(before.children).toBe(0);
    await together(CORPUS, AT_ONCE, async (broken) =>
      expectRefused(broken, await runThrough(pathOf(broken)), "BAD_MODEL"),
    );
    await together(ADAPTERS, AT_ONCE, async (broken) =>
      expectRefused(broken, await runThrough(good, [pathOf(broken)]), "BAD_ADAPTER"),
    );
    await together(VOCABULARIES, AT_ONCE, async (broken) => {
      const { code, message } = await failureOf(openTokenizer(pathOf(broken)));
      expectRefused(broken, { code, message, phase: undefined, log: [] }, "BAD_MODEL");
    });
    const after = held();
    expect(after.children).toBe(0);
    expect(after.files).toBeLessThanOrEqual(before.files);
    expect(after.bytes - before.bytes).toBeLessThan(MOST_BYTES);
    expect(await runThrough(good)).toEqual({ code: "RAN" });
  });
});
