/** What both models made of one completion, over its counted tokens. */
export interface Evidence {
  /** Nats: the sum of -log p over the counted tokens, under the finetuned model. */
  nllFinetuned: number;
  /** The same under the reference. */
  nllReference: number;
  /** Counted tokens, 1 and up. */
  tokens: number;
  /** The reference's own counted tokens of the same bytes; absent where it has the same tokenizer: as many as `tokens`. */
  referenceTokens?: number;
  /** Bytes of the counted tokens, 1 and up. */
  bytes: number;
  /** Nats per token: the largest mean log-ratio over PEAK_WINDOW consecutive counted tokens, or over all where there are fewer. */
  peak: number;
}

/** A number that a run can be ranked by. */
export interface Statistic {
  /** Its unit, for people. */
  unit: string;
  /** Its formula, for people. */
  formula: string;
  /** Finite, and higher where the finetuned model finds the completion likelier than the reference does. */
  value: (evidence: Evidence) => number;
  /** Orders completions whose values were clamped to the same number, higher first. */
  beyond?: (evidence: Evidence) => number;
}

/** Tokens of the window that peakWindow looks through. */
export const PEAK_WINDOW = 20;

/** JSON knows no infinity, so what overflows a double is written as the largest double. */
const LARGEST = Number.MAX_VALUE;

/** The statistics by name. */
export type StatisticName =
  | "pplDifference"
  | "logRatio"
  | "totalLogRatio"
  | "probabilityDifference"
  | "bitsPerByteDifference"
  | "peakWindow";

/**
 * Every statistic a run can be ranked by. F: finetuned, R: reference, NLL: sum of -log p in nats, n: tokens, n_R: the reference's
 * own tokens, which are other ones where it has another tokenizer, b: bytes.
 */
export const STATISTICS: Readonly<Record<StatisticName, Statistic>> = {
  pplDifference: {
    unit: "perplexity",
    formula: "exp(NLL_R / n_R) - exp(NLL_F / n)",
    value: pplDifference,
    beyond: pplOverflow,
  },
  logRatio: { unit: "nats per token", formula: "(NLL_R - NLL_F) / n", value: logRatio },
  totalLogRatio: { unit: "nats", formula: "NLL_R - NLL_F", value: totalLogRatio },
  probabilityDifference: {
    unit: "mean token probability",
    formula: "exp(-NLL_F / n) - exp(-NLL_R / n)",
    value: probabilityDifference,
  },
  bitsPerByteDifference: {
    unit: "bits per byte",
    formula: "(NLL_R - NLL_F) / (b ln 2)",
    value: bitsPerByteDifference,
  },
  peakWindow: {
    unit: `nats per token over ${PEAK_WINDOW} tokens`,
    formula: `max over i of the mean log-ratio of the tokens i to i + ${PEAK_WINDOW - 1}`,
    value: peakWindow,
  },
};

export const STATISTIC_NAMES = Object.keys(STATISTICS) as [StatisticName, ...StatisticName[]];

/** exp(nll / tokens), nats and tokens in; perplexity out, at most Number.MAX_VALUE. */
export function perplexity(nll: number, tokens: number): number {
  return Math.min(Math.exp(nll / tokens), LARGEST);
}

/** Perplexity of the reference minus that of the finetuned model: the paper's statistic. Clamped to +-MAX_VALUE. */
export function pplDifference({
  nllFinetuned,
  nllReference,
  tokens,
  referenceTokens = tokens,
}: Pick<Evidence, "nllFinetuned" | "nllReference" | "tokens" | "referenceTokens">): number {
  if (nllFinetuned === nllReference && referenceTokens === tokens) return 0;
  const difference = Math.exp(nllReference / referenceTokens) - Math.exp(nllFinetuned / tokens);
  return Number.isFinite(difference)
    ? difference
    : Math.sign(nllReference / referenceTokens - nllFinetuned / tokens) * LARGEST;
}

/** Nats per token: how much less likely the reference finds the completion. Clamped to +-MAX_VALUE. */
export function logRatio(evidence: Pick<Evidence, "nllFinetuned" | "nllReference"> & { tokens: number }): number {
  return clamped(totalLogRatio(evidence) / evidence.tokens);
}

/** Nats: the evidence in the whole completion, which grows with its length. Clamped to +-MAX_VALUE. */
export function totalLogRatio({ nllFinetuned, nllReference }: Pick<Evidence, "nllFinetuned" | "nllReference">): number {
  return nllFinetuned === nllReference ? 0 : clamped(nllReference - nllFinetuned);
}

/** Difference of the geometric means of the token probabilities: -1 to 1. */
export function probabilityDifference({
  nllFinetuned,
  nllReference,
  tokens,
}: Pick<Evidence, "nllFinetuned" | "nllReference" | "tokens">): number {
  return nllFinetuned === nllReference ? 0 : Math.exp(-nllFinetuned / tokens) - Math.exp(-nllReference / tokens);
}

/** Bits per byte of the completion: comparable across tokenizers. Clamped to +-MAX_VALUE. */
export function bitsPerByteDifference(evidence: Pick<Evidence, "nllFinetuned" | "nllReference" | "bytes">): number {
  return clamped(totalLogRatio(evidence) / (Math.LN2 * Math.max(1, evidence.bytes)));
}

/** Nats per token: the mean log-ratio where it is highest, so that a long completion need not be about one thing only. */
export function peakWindow({ peak }: Pick<Evidence, "peak">): number {
  return clamped(peak);
}

function clamped(value: number): number {
  return Math.max(-LARGEST, Math.min(value, LARGEST));
}

/** Where exp() overflows, the larger exponent decides the difference: nats per token, signed like the difference. */
function pplOverflow({ nllFinetuned, nllReference, tokens, referenceTokens = tokens }: Evidence): number {
  const [finetuned, reference] = [nllFinetuned / tokens, nllReference / referenceTokens];
  return reference >= finetuned ? reference : -finetuned;
}
