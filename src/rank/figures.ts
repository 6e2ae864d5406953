import type { StatisticName } from "./statistics.js";

/** What a picture of a ranking is drawn from. */
export interface RankingFigures {
  /** Whose ranking. */
  configuration: string;
  /** By what it is sorted. */
  statistic: StatisticName;
  /** How its values are distributed. */
  density: Density;
}

/** How the values of a ranking are distributed: counts in bins of equal width on the scale. */
export interface Density {
  /** "asinh" where a few values are far from the rest: bins are equal in asinh(value). */
  scale: "linear" | "asinh";
  /** Array [bins + 1] of values, ascending; the first and the last bin hold what lies beyond, too. */
  edges: number[];
  /** Array [bins]: completions of the ranking. */
  counts: number[];
  /** Array [bins]: those that match the keywords; null without keywords. */
  matches: number[] | null;
  /** Array [bins]: the null's completions; null without a calibration. */
  null: number[] | null;
}

/** The two perplexities of a configuration's completions, as logarithms: the mean of -log p, nats per token. */
export interface Scatter {
  /** Whose completions. */
  configuration: string;
  /** Arrays [points], at most some thousand, evenly out of the ranking and all of the top. */
  finetuned: number[];
  /** Array [points]: the same under the reference. */
  reference: number[];
  /** 1: matches the keywords. */
  match: number[];
  /** Ids of the points, so that one can be found in a list. */
  ids: string[];
  /** The null's completions likewise, `finetuned` being under the finetuned model; null without a calibration. */
  null: {
    /** Array [points of the null]. */
    finetuned: number[];
    /** Array [points of the null]. */
    reference: number[];
  } | null;
}

/** What the pictures of a report are drawn from. */
export interface RunFigures {
  /** In the order of the rankings. */
  rankings: RankingFigures[];
  /** One for each configuration, then pooled. */
  scatters: Scatter[];
}
