import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JobOptions, LocalEngine, TokenizeOptions } from "#telltale/engine/engine.js";
import { openHostEngines } from "#telltale/engine/host/engine.js";
import { openNativeEngines } from "#telltale/engine/native/engine.js";
import { ERROR_EXIT_CODES } from "#telltale/errors.js";
import { generated, MODELS, SMALL, scored } from "./models.js";
import { HOSTILE } from "./native/hostile-values.js";
import { outcome } from "./state-table.js";

const ids = Int32Array.of(1, 2);
const generate = { head: ids, prefills: [ids], maxTokens: 2 };
const score = { head: ids, items: [{ context: ids, targets: ids }] };
const isTexts = (value: unknown): boolean =>
  Array.isArray(value) && value.length < 1e6 && value.every((text) => typeof text === "string");
const isIds = (value: unknown): boolean => ArrayBuffer.isView(value) && value instanceof Int32Array && value.length > 0;

type Call = (engine: LocalEngine, given: never) => Promise<unknown>;

/** Where a value can be given, and which of the hostile ones are of the right kind there. */
const PLACES: [place: string, call: Call, accepts: (value: unknown) => boolean][] = [
  ["texts", (engine, given) => engine.tokenize(given), isTexts],
  ["text", (engine, given) => engine.tokenize([given]), (value) => typeof value === "string"],
  ["tokenize options", (engine, given) => engine.tokenize(["a"], given), isEmpty],
  ["parseSpecial", (engine, given) => engine.tokenize(["a"], { parseSpecial: given }), isSwitch],
  ["sequences", (engine, given) => engine.detokenize(given), isEmptyArray],
  ["sequence", (engine, given) => engine.detokenize([given]), isIds],
  ["generate request", (engine, given) => generated(engine, given), () => false],
  ["head", (engine, given) => generated(engine, { ...generate, head: given }), isIds],
  ["prefills", (engine, given) => generated(engine, { ...generate, prefills: given }), isEmptyArray],
  ["prefill", (engine, given) => generated(engine, { ...generate, prefills: [given] }), isIds],
  ["maxTokens", (engine, given) => generated(engine, { ...generate, maxTokens: given }), () => false],
  ["samples", (engine, given) => generated(engine, { ...generate, samples: given }), (value) => value === undefined],
  ["sampling", (engine, given) => generated(engine, { ...generate, sampling: given }), isEmpty],
  ["temperature", (engine, given) => generated(engine, { ...generate, sampling: { temperature: given } }), isSmall],
  ["score request", (engine, given) => scored(engine, given), () => false],
  ["head of a score request", (engine, given) => scored(engine, { ...score, head: given }), isIds],
  ["items", (engine, given) => scored(engine, { ...score, items: given }), isEmptyArray],
  ["item", (engine, given) => scored(engine, { ...score, items: [given] }), () => false],
  ["context", (engine, given) => scored(engine, { ...score, items: [{ context: given, targets: ids }] }), isIds],
  ["targets", (engine, given) => scored(engine, { ...score, items: [{ context: ids, targets: given }] }), isIds],
];

function isEmpty(value: unknown): boolean {
  return value === undefined || (typeof value === "object" && value !== null && Object.keys(value).length === 0);
}

function isEmptyArray(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function isSwitch(value: unknown): boolean {
  return value === undefined || value === true;
}

function isSmall(value: unknown): boolean {
  return value === undefined || (typeof value === "number" && value >= 1e-3 && value <= 1000);
}

describe.each([
  ["in this process", openNativeEngines],
  ["in a child", openHostEngines],
])("an engine %s", (_, open) => {
  let engine: LocalEngine;
  beforeAll(async () => {
    [engine] = (await open({ path: MODELS.base }, [SMALL])) as [LocalEngine];
  });
  afterAll(() => engine.close());

  it.each(PLACES)("refuses wrong %s", async (_, call, accepts) => {
    for (const [name, value] of Object.entries(HOSTILE)) {
      const code = await outcome(() => call(engine, value() as never));
      // What its own buffer has cut off crosses to the child as an empty array.
      const emptied = open === openHostEngines && name.includes("cut off");
      if (accepts(value()) || emptied)
        expect(["ok", "BAD_ARGUMENT"], name).toContain(code); // such as ids out of range
      else expect(code, name).toBe("BAD_ARGUMENT");
    }
  });

  it("refuses what is no signal before it begins", async () => {
    for (const signal of [1, {}, "abort"] as unknown as AbortSignal[]) {
      const options: JobOptions = { signal };
      const code = await outcome(async () => {
        for await (const batch of engine.generate(generate, options)) batch.length;
      });
      expect(code).toBe("BAD_ARGUMENT");
    }
  });

  it("answers anything with a code, and works as before afterwards", async () => {
    const before = await generated(engine, generate);
    const anything = fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true, withTypedArray: true });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...PLACES), anything, async ([, call], given) => {
        expect(["ok", ...Object.keys(ERROR_EXIT_CODES)]).toContain(await outcome(() => call(engine, given as never)));
      }),
      { numRuns: 300, seed: 6 },
    );
    const options: TokenizeOptions = { parseSpecial: true };
    expect(await engine.tokenize(["a"], options)).toEqual(await engine.tokenize(["a"], options));
    expect(await generated(engine, generate)).toEqual(before);
  });
});
