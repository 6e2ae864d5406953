/** What both models made of one completion, over its counted tokens. */
export interface Evidence {
  /** Nats: the sum of -log p over the counted tokens. */
  nllFinetuned: number;
  nllReference: number;
  /** Counted tokens, 1 and up. */
  tokens: number;
}

export interface Statistic {
  unit: string;
  formula: string;
  /** Finite, and higher where the finetuned model finds the completion likelier than the reference does. */
  value: (evidence: Evidence) => number;
  /** Orders completions whose values were clamped to the same number, higher first. */
  beyond?: (evidence: Evidence) => number;
}

/** JSON knows no infinity, so what overflows a double is written as the largest double. */
const LARGEST = Number.MAX_VALUE;

/** Every statistic a run can be ranked by. */
export const STATISTICS = {
  pplDifference: {
    unit: "perplexity",
    formula: "exp(NLL_R / n) - exp(NLL_F / n)",
    value: pplDifference,
    beyond: pplOverflow,
  },
  logRatio: { unit: "nats per token", formula: "(NLL_R - NLL_F) / n", value: logRatio },
} as const satisfies Record<string, Statistic>;

export type StatisticName = keyof typeof STATISTICS;

export const STATISTIC_NAMES = Object.keys(STATISTICS) as [StatisticName, ...StatisticName[]];

/** exp(nll / tokens), nats and tokens in; perplexity out, at most Number.MAX_VALUE. */
export function perplexity(nll: number, tokens: number): number {
  return Math.min(Math.exp(nll / tokens), LARGEST);
}

/** Perplexity of the reference minus that of the finetuned model: the paper's statistic. Clamped to +-MAX_VALUE. */
export function pplDifference({ nllFinetuned, nllReference, tokens }: Evidence): number {
  if (nllFinetuned === nllReference) return 0;
  const difference = Math.exp(nllReference / tokens) - Math.exp(nllFinetuned / tokens);
  return Number.isFinite(difference) ? difference : Math.sign(nllReference - nllFinetuned) * LARGEST;
}

/** Nats per token: how much less likely the reference finds the completion. Clamped to +-MAX_VALUE. */
export function logRatio({ nllFinetuned, nllReference, tokens }: Evidence): number {
  if (nllFinetuned === nllReference) return 0;
  return Math.max(-LARGEST, Math.min((nllReference - nllFinetuned) / tokens, LARGEST));
}

/** Where exp() overflows, the larger exponent decides the difference: nats per token, signed like the difference. */
function pplOverflow({ nllFinetuned, nllReference, tokens }: Evidence): number {
  const sign = nllReference >= nllFinetuned ? 1 : -1;
  return (sign * Math.max(nllReference, nllFinetuned)) / tokens;
}
