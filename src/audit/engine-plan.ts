import type { ContextChoice } from "../engine/defaults.js";
import { estimateMemory } from "../engine/gguf/memory.js";
import type { GgufHeader } from "../engine/gguf/types.js";
import { type EnginePlan, planEngine, planOf } from "../engine/host/plan.js";
import type { Load } from "../engine/memory-budget.js";
import type { Role } from "../journal/records.js";
import { type AuditModels, localHeader } from "./models.js";
import type { AskedAuditOptions, ResolvedAuditOptions } from "./options.js";

/** Options with where and how the models run decided, and why; no plan where none of them runs here. */
export interface AuditEngines {
  options: ResolvedAuditOptions;
  plan: EnginePlan | null;
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
  const headers = { finetuned: localHeader(models.finetuned), reference: localHeader(models.reference) };
  const loads = loadsOf(asked, headers, models.shared);
  if (loads.length === 0) return { options: asked, plan: null };
  const plan = await planEngine(loads, asked.model, asked.context, need);
  const model = { ...asked.model, gpu: plan.gpu };
  const options = { ...asked, model, context: { ...asked.context, ...plan.context } };
  if (asked.referenceDevices === undefined || headers.reference === null) return { options, plan };
  const elsewhere = { ...model, devices: asked.referenceDevices };
  const load = { header: headers.reference, contexts: 1 };
  const other = await planEngine([load], elsewhere, { ...asked.context, threads: plan.context.threads }, need);
  const choice = leastOf(plan.choice, other.choice);
  const both = planOf(asked.model.gpu, { gpu: plan.gpu, reason: plan.gpuReason }, choice);
  return { options: { ...options, context: { ...asked.context, ...both.context } }, plan: both };
}

/** What two devices both have room for: the fewer sequences and the smaller batch, each with its own reason. */
export function leastOf(one: ContextChoice, other: ContextChoice): ContextChoice {
  const least = other.sequences.value < one.sequences.value ? other : one;
  return {
    ...least,
    batch: other.batch.value < one.batch.value ? other.batch : one.batch,
    threads: one.threads,
    warnings: [...new Set([...one.warnings, ...other.warnings])],
  };
}

function loadsOf(
  asked: AskedAuditOptions,
  { finetuned, reference }: Record<Role, GgufHeader | null>,
  shared: boolean,
): Load[] {
  const one = (header: GgufHeader): Load => ({ header, contexts: 1 });
  if (finetuned === null || reference === null)
    return [finetuned, reference].flatMap((header) => header ?? []).map(one);
  if (asked.referenceDevices !== undefined) return [one(finetuned)];
  const together = asked.placement === "side-by-side";
  if (shared) return [{ header: finetuned, contexts: asked.placement === "one-after-the-other" ? 1 : 2 }];
  if (together) return [one(finetuned), one(reference)];
  const weights = (header: GgufHeader): number =>
    estimateMemory(header, { nSequences: 1, contextPerSequence: 1 }).total;
  return [one(weights(reference) > weights(finetuned) ? reference : finetuned)];
}
