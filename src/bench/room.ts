import type { EngineFacts } from "../engine/engine.js";
import { estimateMemory } from "../engine/gguf/memory.js";
import type { GgufHeader } from "../engine/gguf/types.js";
import type { PointPlan } from "./points.js";

/** Beside weights, KV cache and logits a context needs this for computing: measured, rounded up. */
const SCRATCH = 256 * 2 ** 20;
/** llama.cpp keeps the logits of a micro-batch twice: where they are computed and where they are read. */
const LOGIT_BYTES = 2 * 4;

/** Bytes that were free where the model runs, from the facts of the first engine and the main memory free before it. */
export function freeMemory(facts: EngineFacts, freeBefore: number): number {
  const gpus = facts.library.devices.filter(({ kind, memoryFree }) => kind === "gpu" && memoryFree > 0);
  if (facts.context.gpuLayers === 0 || gpus.length === 0) return freeBefore;
  // Some layers on the GPU and the rest beside it: what fits where is for llama.cpp to say.
  if (facts.context.gpuLayers < facts.model.layers) return Number.POSITIVE_INFINITY;
  return gpus.reduce((sum, gpu) => sum + gpu.memoryFree, 0);
}

/** Why a point's context would not fit in the memory that is free, in a sentence for people; undefined if it would. */
export function lackOfMemory(
  header: GgufHeader,
  { sequences, batch }: Pick<PointPlan, "sequences" | "batch">,
  contextPerSequence: number,
  kvType: string,
  facts: EngineFacts,
  free: number,
): string | undefined {
  const { total } = estimateMemory(header, { nSequences: sequences, contextPerSequence, kvType });
  const needed = total + LOGIT_BYTES * batch * facts.model.vocabularySize + SCRATCH;
  if (needed <= free) return undefined;
  return `it needs about ${gigabytes(needed)} of memory, and ${gigabytes(free)} are free`;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
