import { EndpointFailure } from "../failure.js";
import type { ProbedEndpoint } from "../manner.js";
import { askScores } from "../score.js";
import type { TokensTold } from "../tokens-told.js";
import type { Asking } from "./scoring.js";

/**
 * Nats, in the mean over tokens: how far figures of generating may lie from those of scoring. One token at a time and many at
 * once are computed by other kernels: 0.06 has been measured on quantised weights (design of this project), less on others.
 */
const KERNELS = 0.2;
/**
 * The same for two endpoints that serve one model on perhaps different machines. A small model in Q8_0 lies 0.03 from itself in F16,
 * 0.08 from itself in Q4_K_M, and 0.2 and more from anything finetuned from it.
 */
export const SAME_MODEL = 0.05;

/** Mean of |a - b|; infinite where there is nothing to compare or the lists differ in length. */
export function meanDifference(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length || a.length === 0) return Number.POSITIVE_INFINITY;
  return a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] as number)), 0) / a.length;
}

/** Whether the endpoint's figures of what it generated are those by which it scores the same; why not. */
export async function strangeAgainstScoring(
  endpoint: ProbedEndpoint,
  openings: readonly (readonly number[])[],
  continuations: readonly TokensTold[],
  persist: Asking,
  signal: AbortSignal,
): Promise<string | null> {
  const pairs: { generated: number; scored: number; before: number; after: number }[] = [];
  for (const [i, opening] of openings.entries()) {
    const told = continuations[i];
    const known = told?.logprobs.indexOf(null) === -1 ? told.ids.length : (told?.logprobs.indexOf(null) ?? 0);
    if (told === undefined || known === 0) continue;
    const tokens = [...opening, ...told.ids.slice(0, known)];
    const entry = { item: 0, tokens, targets: tokens.length - 1 };
    const [score] = await persist(() => askScores(endpoint, [entry], 0, signal));
    for (let k = 0; k < known; k++) {
      const place = opening.length - 1 + k;
      const at = (index: number): number => score?.logprobs[index] ?? Number.NaN;
      pairs.push({
        generated: told.logprobs[k] as number,
        scored: at(place),
        before: at(place - 1),
        after: at(place + 1),
      });
    }
  }
  if (pairs.length === 0)
    throw new EndpointFailure("again", "generated nothing to compare its scoring with", null, 200);
  const apart = (key: "scored" | "before" | "after"): number => {
    const both = pairs.filter((pair) => Number.isFinite(pair[key]));
    return meanDifference(
      both.map((pair) => pair.generated),
      both.map((pair) => pair[key]),
    );
  };
  const own = apart("scored");
  if (own <= KERNELS) return null;
  if (Math.min(apart("before"), apart("after")) <= KERNELS)
    return "scores each token by its neighbour's log-probability: offset by one.";
  return (
    `scores what it generated itself by other log-probabilities: ${own.toFixed(2)} nats apart in the mean. One of the two is not that ` +
    "of the whole distribution (after sampling, of the likeliest tokens only), or the texts differ (BOS, a chat template)."
  );
}
