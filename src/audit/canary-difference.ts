import type { NoiseDifference } from "../journal/noise.js";

/**
 * By how much sequences that were scored twice differ. Both: Float32Array [tokens] by id, nats. A sequence counts where both
 * have it with equally many tokens and finite figures; null where none does.
 */
export function noiseDifference(
  one: ReadonlyMap<string, Float32Array>,
  other: ReadonlyMap<string, Float32Array>,
): NoiseDifference | null {
  let [sequences, tokens, squares, squaredSums] = [0, 0, 0, 0];
  let [largest, largestSum, largestPerRoot] = [0, 0, 0];
  for (const [id, logprobs] of one) {
    const again = other.get(id);
    if (again === undefined || again.length !== logprobs.length || logprobs.length === 0) continue;
    const differences = Array.from(logprobs, (logprob, i) => logprob - (again[i] as number));
    const sum = Math.abs(differences.reduce((total, difference) => total + difference, 0));
    if (!Number.isFinite(sum)) continue;
    sequences += 1;
    tokens += differences.length;
    for (const difference of differences) {
      squares += difference ** 2;
      largest = Math.max(largest, Math.abs(difference));
    }
    squaredSums += sum ** 2;
    largestSum = Math.max(largestSum, sum);
    largestPerRoot = Math.max(largestPerRoot, sum / Math.sqrt(differences.length));
  }
  if (sequences === 0) return null;
  const [rms, rmsSum] = [Math.sqrt(squares / tokens), Math.sqrt(squaredSums / sequences)];
  return { rms, largest, rmsSum, largestSum, largestPerRoot };
}
