import type { Bench, BenchOptions } from "tinybench";

/** Benches of one part, and what clears up after them. */
export interface Part {
  benches: Bench[];
  done(): Promise<void>;
}

export const NOTHING_TO_CLEAR = async (): Promise<void> => {};

/** Half a second for each task, and some rounds of a slow one. */
export function timing(quick: boolean): BenchOptions {
  return { time: quick ? 100 : 500, iterations: 8, warmupTime: 100, warmupIterations: 2 };
}
