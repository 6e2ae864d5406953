import { loadAddon } from "#telltale/engine/native/addon.js";

export const addon = loadAddon();

/** The log-softmax kernels this processor has; "plain" always. */
export const kernels = ["avx512", "avx2", "neon", "plain"].filter(
  (name) => addon.rowLogprob(name, Float32Array.of(0, 0), 0) !== null,
);

/** log p(target) of a row in double precision, nats. */
export function referenceLogprob(row: ArrayLike<number>, target: number): number {
  return (row[target] as number) - referenceLogSumExp(row);
}

/** log of the sum of exp over a row in double precision. */
export function referenceLogSumExp(row: ArrayLike<number>, temperature = 1): number {
  let max = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < row.length; i++) max = Math.max(max, row[i] as number);
  let sum = 0;
  for (let i = 0; i < row.length; i++) sum += Math.exp(((row[i] as number) - max) / temperature);
  return max / temperature + Math.log(sum);
}

/** Numbers in [0, 1) from a seed (mulberry32), so that a failing row can be made again. */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Float32Array [n]: normally distributed logits. */
export function randomRow(n: number, seed: number, spread = 3): Float32Array {
  const next = random(seed);
  return Float32Array.from(
    { length: n },
    () => spread * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  );
}

/** The code of what `run` throws; undefined where it throws nothing. */
export function codeOf(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}
