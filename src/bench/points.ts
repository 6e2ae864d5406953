import { BATCHES, type ResolvedBenchOptions, SEQUENCES, usualBatch } from "./options.js";
import type { Point } from "./schema.js";

/** A point to be measured: a kind of work, and the context that it is done in. */
export type PointPlan = Pick<Point, "kind" | "model" | "sequences" | "batch" | "head" | "decoding">;

type Most = Pick<ResolvedBenchOptions, "mostSequences" | "mostBatch">;

const GENERATE = { kind: "generate", model: "model", head: "none", decoding: "greedy" } as const;
const SCORE = { kind: "score", model: "model", head: "none", decoding: null } as const;

/** The numbers below the most that is wanted, and that one. */
function upTo(numbers: readonly number[], most: number): number[] {
  return [...numbers.filter((number) => number < most), most];
}

/** Generating with more and more sequences, all with one micro-batch. */
export function generationPlans(most: Most): PointPlan[] {
  const batch = usualBatch(most);
  return upTo(SEQUENCES, most.mostSequences).map((sequences) => ({ ...GENERATE, sequences, batch }));
}

/** Scoring with larger and larger micro-batches, as many sequences at a time as generating wants and the batch allows. */
export function scoringPlans(most: Most, sequences: number): PointPlan[] {
  return upTo(BATCHES, most.mostBatch).map((batch) => ({ ...SCORE, sequences: Math.min(sequences, batch), batch }));
}

/**
 * What else is worth knowing at the settings chosen: a chat head shared and not, drawing tokens, the reference. Each differs in
 * that alone from a point before it, so generating keeps the micro-batch that it was tried with.
 */
export function comparisonPlans(
  most: Most,
  chosen: { sequences: number; batch: number },
  canShareHead: boolean,
  hasReference: boolean,
): PointPlan[] {
  const heads = canShareHead ? (["shared", "repeated"] as const) : (["repeated"] as const);
  const generate = { ...GENERATE, sequences: chosen.sequences, batch: usualBatch(most) };
  return [
    ...heads.map((head) => ({ ...generate, head })),
    { ...generate, decoding: "drawn" },
    ...heads.map((head) => ({ ...SCORE, ...chosen, head })),
    ...(hasReference ? [{ ...SCORE, ...chosen, model: "reference" as const }] : []),
  ];
}

/** How many points there will be, of which the last depend on what the first show. */
export function pointCount(most: Most, canShareHead: boolean, hasReference: boolean): number {
  const chosen = { sequences: 1, batch: 1 };
  const compared = comparisonPlans(most, chosen, canShareHead, hasReference);
  return [generationPlans(most), scoringPlans(most, 1), compared].flat().length;
}
