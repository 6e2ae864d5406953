import type { PointPlan } from "../../bench/points.js";

/** A point of a bench in words, with its settings as flags. */
export function pointText(plan: PointPlan): string {
  const { kind, sequences, batch } = plan;
  return [`${kind} with --sequences ${sequences} --batch ${batch}`, ...peculiarities(plan)].join(", ");
}

/** What sets a point apart from the plain ones. */
export function peculiarities({ model, head, decoding }: Pick<PointPlan, "model" | "head" | "decoding">): string[] {
  return [
    ...(head === "none" ? [] : [head === "shared" ? "head kept" : "head repeated"]),
    ...(decoding === "drawn" ? ["drawn"] : []),
    ...(model === "reference" ? ["reference"] : []),
  ];
}
