/**
 * What the page's script is given. Texts have been through visibleText and figures are formatted, so that the script has only to
 * lay them out. This file imports nothing: it is compiled for the page, too.
 */
export interface PageData {
  configurations: string[];
  statistics: PageStatistic[];
  behaviours: string[];
  /** Sizes of log-ratios, nats, from which on a token is shaded one step more. */
  shadeSteps: readonly number[];
  completions: PageCompletion[];
  lists: PageList[];
}

export interface PageStatistic {
  name: string;
  label: string;
  unit: string;
}

/** As ranked; without filters; what the reference made of the same prefills. */
export type ListKind = "ranked" | "unfiltered" | "null";

export interface PageList {
  kind: ListKind;
  /** Indices. */
  configuration: number;
  statistic: number;
  /** How many are ranked and why others are not. */
  summary: string;
  /** Completions listed, fewer than asked for where the page would have grown too large. */
  cut: boolean;
  /** One part each entry, from rank 1 on, spaces between: index of the completion, value; null where no entry has more to say. */
  at: string;
  values: string;
  p: string | null;
  q: string | null;
  /** How many completions the entry stands for. */
  standsFor: string | null;
  /** The ranks that noise could have given it, e.g. "12-15"; "-" where it could not. */
  ranks: string | null;
}

export interface PageCompletion {
  id: string;
  /** Index. */
  configuration: number;
  prefill: string;
  completion: string;
  /** Counted tokens. */
  tokens: number;
  pplFinetuned: string;
  pplReference: string;
  /** Indices of the behaviours it matches; absent where it matches none. */
  behaviours?: number[];
  /** Where it lies in the figure of the two perplexities. */
  x: number;
  y: number;
  /** Absent where it cannot be shown token by token. */
  shown?: PageTokens;
}

export interface PageTokens {
  /** UTF-16 units of each token's text, in base 36: a digit below z ends a number, z adds 35 and goes on. */
  lengths: string;
  /** Base64 of little-endian uint16 [2 * tokens]: -log p in thousandths of a nat, first all under the finetuned model. */
  scores: string;
  /** The last token ended the generation. */
  ends: boolean;
  /** Where the mean log-ratio of some consecutive tokens is highest: the first of them. */
  peak: number;
}
