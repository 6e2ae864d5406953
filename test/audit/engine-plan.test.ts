import { describe, expect, it } from "vitest";
import { leastOf } from "#telltale/audit/engine-plan.js";
import { capturedNotes } from "#telltale/audit/rescore.js";
import { chooseContext } from "#telltale/engine/defaults.js";
import { checkModelFile } from "#telltale/engine/gguf/check.js";
import { planOf } from "#telltale/engine/host/plan.js";
import { BASE_A } from "./fixture.js";

describe("models on devices of their own", () => {
  it("get the fewer sequences and the smaller batch, which are what the plan shows", async () => {
    const header = await checkModelFile(BASE_A);
    const need = { contextSequence: 512, gpuLayers: -1, mmap: true };
    const choose = (free: number, asked: { sequences?: number; batch?: number }) => {
      const device = { free, total: 80e9, unified: false, names: ["CUDA0"] };
      const machine = { cores: { available: 8, physical: 4 }, host: { free: 64e9, total: 64e9 }, device };
      return chooseContext(
        [{ header, contexts: 1 }],
        machine,
        { kvType: "f16", flashAttention: "auto", ...asked },
        need,
      );
    };
    const roomy = choose(70e9, { batch: 128 });
    const tight = choose(180e6, {});
    expect(tight.sequences.value).toBeLessThan(roomy.sequences.value);
    for (const pair of [
      [roomy, tight],
      [tight, roomy],
    ] as const) {
      const { choice, context, notes } = planOf("cuda", { gpu: "cuda", reason: "as asked" }, leastOf(...pair));
      expect(choice.sequences).toEqual(tight.sequences);
      expect(choice.batch.value).toBe(Math.min(roomy.batch.value, tight.batch.value));
      expect(context).toEqual({
        sequences: choice.sequences.value,
        batch: choice.batch.value,
        threads: choice.threads.value,
      });
      expect(context.batch).toBeGreaterThanOrEqual(context.sequences);
      expect(notes[0]).toContain(`sequences ${context.sequences} (`);
      expect(notes[0]).toContain(`batch ${context.batch} (`);
    }
  });
});

describe("captured scores", () => {
  it("come with a note where figures depend on what is computed beside them", () => {
    const model = { gpuLayers: -1, mmap: true, checkTensors: false };
    const notes = (finetunedScores: "exact" | "captured", gpu: "off" | "cuda") =>
      capturedNotes({ finetuned: "organism.gguf", finetunedScores, model: { ...model, gpu } });
    expect(notes("captured", "cuda")).toEqual([expect.stringMatching(/^On a GPU /)]);
    expect([...notes("captured", "off"), ...notes("exact", "cuda")]).toEqual([]);
  });
});
