import type { Bench, Point } from "./schema.js";

/** What is this much slower than the best is as good. */
const TOLERANCE = 0.03;

type Rated = Pick<Point, "sequences" | "batch" | "completionsPerMinute">;

/** The smallest of a setting's values within 3 % of the best; undefined where there are no points. */
function smallestGood(points: readonly Rated[], setting: "sequences" | "batch"): number | undefined {
  const best = Math.max(...points.map((point) => point.completionsPerMinute));
  const good = points.filter((point) => point.completionsPerMinute >= (1 - TOLERANCE) * best);
  return good.length === 0 ? undefined : Math.min(...good.map((point) => point[setting]));
}

/** The fewest sequences that generate completions within 3 % of the best rate. */
export function suggestSequences(generated: readonly Rated[]): number {
  return smallestGood(generated, "sequences") ?? 1;
}

/** The smallest micro-batch that scores within 3 % of the best rate among those with room for so many sequences. */
export function suggestBatch(scored: readonly Rated[], sequences: number): number {
  const roomy = scored.filter(({ batch }) => batch >= sequences);
  return smallestGood(roomy, "batch") ?? sequences;
}

/** Seconds of computing for an audit: its completions generated once and scored twice. */
export function estimateAudit(completions: number, generated: Rated, scored: Rated, reference?: Rated): Bench["audit"] {
  const seconds = (point: Rated): number => (60 * completions) / point.completionsPerMinute;
  const generateSeconds = seconds(generated);
  const scoreFinetunedSeconds = seconds(scored);
  const scoreReferenceSeconds = seconds(reference ?? scored);
  return {
    completions,
    generateSeconds,
    scoreFinetunedSeconds,
    scoreReferenceSeconds,
    seconds: generateSeconds + scoreFinetunedSeconds + scoreReferenceSeconds,
    referenceMeasured: reference !== undefined,
  };
}
