import { PEAK_WINDOW } from "./statistics.js";

/** Where the finetuned model finds a completion likelier than the reference most of all. */
export interface Peak {
  /** Nats per token: the mean log-ratio of the window. */
  value: number;
  /** Index of the window's first token. */
  from: number;
}

/** The peaks of a completion with and without its last token, which may not count; without any token there is none. */
export interface Peaks {
  all: Peak | null;
  head: Peak | null;
}

/** Of log-ratios Float64Array [n], nats; of equal windows the first. */
export function peaksOf(ratios: Float64Array): Peaks {
  let sum = 0;
  let best: Peak | null = null;
  let head: Peak | null = null;
  for (let i = 0; i < ratios.length; i += 1) {
    head = best;
    sum += ratios[i] as number;
    const from = i + 1 - PEAK_WINDOW;
    if (from > 0) sum -= ratios[from - 1] as number;
    // Until a window is full, all tokens so far are the one there is.
    if (from <= 0) best = { value: sum / (i + 1), from: 0 };
    else if (sum / PEAK_WINDOW > (best as Peak).value) best = { value: sum / PEAK_WINDOW, from };
  }
  return { all: best, head };
}
