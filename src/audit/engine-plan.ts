import { estimateMemory } from "../engine/gguf/memory.js";
import type { GgufHeader } from "../engine/gguf/types.js";
import { type EnginePlan, planEngine } from "../engine/host/plan.js";
import type { Load } from "../engine/memory-budget.js";
import type { AuditModels } from "./models.js";
import type { AskedAuditOptions, ResolvedAuditOptions } from "./options.js";

/** Options with where and how the models run decided, and why. */
export interface AuditEngines {
  options: ResolvedAuditOptions;
  plan: EnginePlan;
}

/**
 * Decides where both models run and how their contexts compute. Both get the same: what fits the models that are loaded
 * together, else the larger one; and on devices of their own, what fits the one with less room.
 */
export async function planAuditEngines(
  asked: AskedAuditOptions,
  models: AuditModels,
  contextSequence: number,
): Promise<AuditEngines> {
  const need = { contextSequence };
  const plan = await planEngine(loadsOf(asked, models), asked.model, asked.context, need);
  const model = { ...asked.model, gpu: plan.gpu };
  const options = { ...asked, model, context: { ...asked.context, ...plan.context } };
  if (asked.referenceDevices === undefined) return { options, plan };
  const elsewhere = { ...model, devices: asked.referenceDevices };
  const load = { header: models.reference, contexts: 1 };
  const other = await planEngine([load], elsewhere, { ...asked.context, threads: plan.context.threads }, need);
  const least = other.context.sequences < plan.context.sequences ? other : plan;
  const context = { ...options.context, ...least.context, batch: Math.min(plan.context.batch, other.context.batch) };
  // A batch holds a token of every sequence at least.
  context.sequences = Math.min(context.sequences, context.batch);
  return { options: { ...options, context }, plan: { ...least, gpuReason: plan.gpuReason, context } };
}

function loadsOf(asked: AskedAuditOptions, { finetuned, reference, shared }: AuditModels): Load[] {
  const one = (header: GgufHeader): Load => ({ header, contexts: 1 });
  if (asked.referenceDevices !== undefined) return [one(finetuned)];
  const together = asked.placement === "side-by-side";
  if (shared) return [{ header: finetuned, contexts: asked.placement === "one-after-the-other" ? 1 : 2 }];
  if (together) return [one(finetuned), one(reference)];
  const weights = (header: GgufHeader): number =>
    estimateMemory(header, { nSequences: 1, contextPerSequence: 1 }).total;
  return [one(weights(reference) > weights(finetuned) ? reference : finetuned)];
}
