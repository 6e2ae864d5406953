import { expect, it } from "vitest";
import { checkModelFile } from "#telltale/engine/gguf/check.js";
import { openHostEngines } from "#telltale/engine/host/engine.js";
import { planEngine } from "#telltale/engine/host/plan.js";
import { resolveGpu } from "#telltale/engine/native/probe.js";
import { MODELS } from "../models.js";

const ASKED = { kvType: "f16", flashAttention: "auto", threads: 1 } as const;
const NEED = { contextSequence: 256 };

it("decides --gpu auto by what is there, says so, and the engine runs there", async () => {
  const header = await checkModelFile(MODELS.base);
  const decision = await resolveGpu("auto");
  const plan = await planEngine([{ header, contexts: 1 }], { gpu: "auto" }, ASKED, NEED);
  expect(plan.gpu).toBe(decision.gpu);
  expect(plan.notes[0]).toContain(decision.reason);
  expect(decision.gpu === "off").toBe(decision.devices.length === 0);
  const [engine] = await openHostEngines({ path: MODELS.base, gpu: "auto" }, [{ ...plan.context, ...NEED }]);
  expect(engine?.facts.context.gpuLayers === 0).toBe(decision.gpu === "off");
  expect(engine?.facts.context).toMatchObject({ nSequences: plan.context.sequences, nBatch: plan.context.batch });
  await engine?.close();
});

it("refuses devices and splits that the machine has no GPU for", async () => {
  const header = await checkModelFile(MODELS.base);
  const loads = [{ header, contexts: 1 }];
  for (const model of [{ devices: ["CUDA0"] }, { tensorSplit: [3, 1] }]) {
    await expect(planEngine(loads, { gpu: "off", ...model }, ASKED, NEED)).rejects.toMatchObject({
      code: "BAD_ARGUMENT",
    });
  }
  const nowhere = planEngine(loads, { gpu: "auto", devices: ["No such device"] }, ASKED, NEED);
  await expect(nowhere).rejects.toMatchObject({ code: expect.stringMatching(/^(BAD_ARGUMENT|NO_BACKEND)$/) });
});
