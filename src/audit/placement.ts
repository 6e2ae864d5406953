import type { EngineFacts } from "../engine/engine.js";
import { estimateMemory, type MemoryEstimate } from "../engine/gguf/memory.js";
import type { GgufHeader } from "../engine/gguf/types.js";

/** What can be asked for. */
export const PLACEMENTS = ["auto", "side-by-side", "one-after-the-other"] as const;
export type Placement = Exclude<(typeof PLACEMENTS)[number], "auto">;

export interface PlacementDecision {
  placement: Placement;
  /** Bytes needed by each model and free when the finetuned one had not been loaded yet. */
  finetuned: number;
  reference: number;
  available: number;
  /** A sentence for people. */
  reason: string;
}

/** Scratch memory for computing, logits included, that a context needs beside weights and KV cache: measured, rounded up. */
const SCRATCH = 512 * 1024 * 1024;

/** Decides whether both models fit in memory together, from their sizes and what is free where they are loaded. */
export function decidePlacement(
  asked: "auto" | Placement,
  models: { finetuned: GgufHeader; reference: GgufHeader; shared: boolean },
  facts: EngineFacts,
  kvType: string,
  freeBefore: number,
): PlacementDecision {
  const { nSequences, nCtxSequence } = facts.context;
  const estimate = (header: GgufHeader): MemoryEstimate =>
    estimateMemory(header, { nSequences, contextPerSequence: nCtxSequence, kvType });
  const finetuned = estimate(models.finetuned).total + SCRATCH;
  const other = estimate(models.reference);
  const reference = (models.shared ? other.kvCache : other.total) + SCRATCH;
  const gpus = facts.library.devices.filter((device) => device.kind === "gpu");
  const onGpu = facts.context.gpuLayers > 0 && gpus.length > 0;
  const available = onGpu ? gpus.reduce((sum, gpu) => sum + gpu.memoryFree, 0) : freeBefore;
  const numbers = { finetuned, reference, available };
  if (asked !== "auto") return { placement: asked, ...numbers, reason: `${asked.replaceAll("-", " ")}, as asked` };
  const fits = finetuned + reference <= available;
  const sizes = `${gigabytes(finetuned)} + ${gigabytes(reference)} needed, ${gigabytes(available)} free`;
  return fits
    ? { placement: "side-by-side", ...numbers, reason: `both models are loaded side by side (${sizes})` }
    : {
        placement: "one-after-the-other",
        ...numbers,
        reason: `the models run one after the other, since both do not fit in memory together (${sizes})`,
      };
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
