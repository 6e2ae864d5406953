import { writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { LocalEngine } from "#telltale/engine/engine.js";
import { openNativeEngines } from "#telltale/engine/native/engine.js";
import type { ContextOptions } from "#telltale/engine/options.js";
import { temporaryFolder } from "../../audit/fixture.js";
import { writeGguf } from "../../fixtures/gguf-writer.js";
import { mambaModel } from "../../fixtures/mamba-model.js";
import { generated, scored } from "../models.js";

const { folder, remove } = temporaryFolder();
const model = path.join(folder, "mamba.gguf");
const engines: LocalEngine[] = [];

async function open(context: ContextOptions): Promise<LocalEngine> {
  const [engine] = await openNativeEngines({ path: model }, [{ threads: 1, contextSequence: 256, ...context }]);
  if (engine === undefined) throw new Error("no engine");
  engines.push(engine);
  return engine;
}

const largestDifference = (a: Float32Array | undefined, b: Float32Array | undefined): number =>
  a !== undefined && a.length === b?.length
    ? Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? Number.NaN))))
    : Number.NaN;

beforeAll(() => writeFileSync(model, writeGguf(mambaModel())));
afterAll(async () => {
  for (const engine of engines) await engine.close();
  remove();
});

describe("a recurrent model", () => {
  const head = Int32Array.of(1, 70, 80, 90);
  const prefills = Array.from({ length: 20 }, (_, i) => Int32Array.of(40 + i, 100, 110));

  it("says that it keeps no head", async () => {
    const { facts } = await open({ sequences: 4 });
    expect(facts.model).toMatchObject({ architecture: "mamba", canShareHead: false });
    expect(facts.context.kvTypeK).toBe("none");
  });

  it("generates the same completions one by one and side by side", async () => {
    const request = { head, prefills, maxTokens: 20 };
    const alone = await generated(await open({ sequences: 1 }), request);
    expect(alone).toHaveLength(20);
    expect(await generated(await open({ sequences: 8 }), request)).toEqual(alone);
  });

  it("scores what it generated, whatever stands beside it", async () => {
    const engine = await open({ sequences: 8 });
    const completions = await generated(engine, { head, prefills, maxTokens: 20 });
    const items = completions.map(({ prefill, tokens }) => ({
      context: prefills[prefill] as Int32Array,
      targets: tokens,
    }));
    const scores = await scored(engine, { head, items });
    completions.forEach(({ logprobs }, i) => {
      expect(largestDifference(scores[i], logprobs)).toBeLessThan(1e-3);
    });
    const one = await scored(await open({ sequences: 1 }), { head, items: items.slice(3, 4) });
    expect(largestDifference(one[0], scores[3])).toBeLessThan(1e-3);
    const whole = items.map(({ context, targets }) => ({ context: Int32Array.of(...head, ...context), targets }));
    expect(await scored(engine, { head: new Int32Array(0), items: whole })).toEqual(scores);
  });

  it("draws several samples from one prefill", async () => {
    const request = { head, prefills: prefills.slice(0, 3), maxTokens: 15, samples: 4, sampling: { seed: 3 } };
    const alone = await generated(await open({ sequences: 1 }), request);
    expect(await generated(await open({ sequences: 8 }), request)).toEqual(alone);
  });
});
