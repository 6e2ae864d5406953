import { isRemote } from "../engine/remote/spec.js";
import { completionsToRescore } from "../rank/run.js";
import type { ResolvedAuditOptions } from "./options.js";
import type { ReadyAudit } from "./prepare.js";
import { scoreJournal } from "./steps.js";
import { beginPhase, type Workshop } from "./workshop.js";

/** For people who use captured log-probabilities where layout changes numbers: none elsewhere. */
export function capturedNotes({
  finetuned,
  finetunedScores,
  model,
}: Pick<ResolvedAuditOptions, "finetuned" | "finetunedScores" | "model">): string[] {
  if (finetunedScores !== "captured") return [];
  if (isRemote(finetuned)) {
    return [
      "The finetuned model's endpoints are not asked to score: its figures are those seen while generating, which come another way than the reference's and may differ a little from those of a scoring.",
    ];
  }
  if (model.gpu === "off") return [];
  return [
    "On a GPU a completion's figures depend a little on those computed beside it. With captured scores the leaders are scored beside others than if all were, so their figures, and the order of close neighbours, may differ a little from those of --finetuned-scores exact.",
  ];
}

/**
 * Scores under the finetuned model what captured log-probabilities leave in doubt: what leads the lists and a sample, and then,
 * round by round, whatever could reach the lists. By how much captured figures may be off is twice the most that was measured so
 * far, which no proof bounds: within that the top lists are those of a run in which it scored everything, and on the CPU, where
 * layout does not change numbers, their figures are the same.
 */
export async function rescore(shop: Workshop, ready: ReadyAudit): Promise<void> {
  const scored = new Set<string>();
  for (;;) {
    const asked = await completionsToRescore(shop.directory, shop.options.rank, shop.signal);
    const wanted = new Set([...asked].filter((id) => !scored.has(id)));
    if (wanted.size === 0) return;
    beginPhase(shop, "rescore", wanted.size, 1);
    await scoreJournal(shop, ready, "finetuned", wanted);
    for (const id of wanted) scored.add(id);
  }
}
