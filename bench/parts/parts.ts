import type { Bench } from "tinybench";

/** Benches of one part, and what clears up after them. */
export interface Part {
  benches: Bench[];
  done(): Promise<void>;
}

export const NOTHING_TO_CLEAR = async (): Promise<void> => {};

/** Milliseconds for each task of a bench. */
export function taskTime(quick: boolean): number {
  return quick ? 100 : 500;
}
