import type { LocalFacts } from "../engine/engine.js";
import { estimateMemory, estimateScratch, type MemoryEstimate } from "../engine/gguf/memory.js";
import type { GgufHeader } from "../engine/gguf/types.js";
import { gigabytes } from "../engine/memory-budget.js";
import { devicesInUse } from "../engine/native/devices.js";

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

/** GPUs named for the models; absent: all that there are, and for the reference those of the finetuned model. */
export interface NamedDevices {
  devices?: readonly string[] | undefined;
  referenceDevices?: readonly string[] | undefined;
}

/** Tokens that a sequence of the reference holds, where its tokens are others. Default: as many as the finetuned model's. */
export interface ReferenceNeed {
  referenceContext?: number;
}

/** Where a model runs elsewhere there is nothing to decide. */
export const ELSEWHERE: PlacementDecision = {
  placement: "side-by-side",
  finetuned: 0,
  reference: 0,
  available: 0,
  reason: "both models can be asked at any time, since not both of them are loaded here",
};

/** Decides whether both models fit in memory together, from their sizes and what is free where they are loaded. */
export function decidePlacement(
  asked: "auto" | Placement,
  models: { finetuned: GgufHeader; reference: GgufHeader; shared: boolean },
  facts: LocalFacts,
  kvType: string,
  freeBefore: number,
  { referenceContext, ...named }: NamedDevices & ReferenceNeed = {},
): PlacementDecision {
  const { nSequences, nCtxSequence, nBatch } = facts.context;
  const estimate = (header: GgufHeader, contextPerSequence = nCtxSequence): MemoryEstimate =>
    estimateMemory(header, { nSequences, contextPerSequence, kvType });
  const onGpu = facts.context.gpuLayers > 0;
  const scratch = (header: GgufHeader): number => {
    const { compute, outputs } = estimateScratch(header, nBatch);
    return onGpu ? compute : compute + outputs;
  };
  const finetuned = estimate(models.finetuned).total + scratch(models.finetuned);
  const other = estimate(models.reference, referenceContext);
  const reference = (models.shared ? other.kvCache : other.total) + scratch(models.reference);
  const free = (names: readonly string[] | undefined): number =>
    devicesInUse(facts.library.devices, names).reduce((sum, { memoryFree }) => sum + memoryFree, 0);
  const own = onGpu && named.referenceDevices !== undefined && !overlap(facts, named);
  const available = onGpu ? free(named.devices) : freeBefore;
  const numbers = { finetuned, reference, available: own ? available + free(named.referenceDevices) : available };
  if (asked !== "auto") return { placement: asked, ...numbers, reason: `${asked.replaceAll("-", " ")}, as asked` };
  const fits = own
    ? finetuned <= available && reference <= free(named.referenceDevices)
    : finetuned + reference <= available;
  const sizes = `${gigabytes(finetuned)} + ${gigabytes(reference)} needed, ${gigabytes(numbers.available)} free`;
  return fits
    ? { placement: "side-by-side", ...numbers, reason: `both models are loaded side by side (${sizes})` }
    : {
        placement: "one-after-the-other",
        ...numbers,
        reason: `the models run one after the other, since both do not fit in memory together (${sizes})`,
      };
}

function overlap(facts: LocalFacts, { devices, referenceDevices }: NamedDevices): boolean {
  const first = devicesInUse(facts.library.devices, devices).map(({ name }) => name);
  return first.some((name) => referenceDevices?.includes(name));
}
