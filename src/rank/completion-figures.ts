import type { Role } from "../journal/records.js";
import { countedNll, countedTokens, leavesOutLast, sumScores } from "./counted.js";
import { tokenLogRatios } from "./log-ratios.js";
import { type Peak, peaksOf } from "./peak.js";
import { perplexity, STATISTIC_NAMES, STATISTICS, type StatisticName } from "./statistics.js";
import type { TokenDetail } from "./token-detail.js";

/** What both models made of one completion as a whole, over its counted tokens. */
export interface CompletionFigures {
  tokens: number;
  /** The reference's own, of the same bytes: other ones where it has another tokenizer. */
  referenceTokens: number;
  /** Bytes, the end-of-generation token left out. */
  bytes: number;
  /** Nats: sums of -log p. */
  nllFinetuned: number;
  nllReference: number;
  pplFinetuned: number;
  /** Of each model's own tokens. */
  pplReference: number;
  peak: Peak;
  statistics: Record<StatisticName, number>;
}

/** Nats over the counted tokens. A model with other tokens has counted none at the end of the generation, which is no text. */
function nllUnder(detail: TokenDetail, role: Role, leaveOut: boolean): number | null {
  if (detail.aligned?.role === role) return detail.aligned.nll;
  const sums = sumScores(Float64Array.from(detail[role] ?? [], (logprob) => logprob ?? Number.NaN));
  return sums && countedNll(sums, leaveOut);
}

/** The figures a ranking has of a completion; null where a model has not scored it or no token counts. */
export function completionFigures(detail: TokenDetail, countEndOfGeneration: boolean): CompletionFigures | null {
  if (detail.finetuned === null || detail.reference === null) return null;
  const leaveOut = leavesOutLast(detail.stop, countEndOfGeneration);
  const peaks = peaksOf(tokenLogRatios(detail) as Float64Array);
  const peak = leaveOut ? peaks.head : peaks.all;
  const nll = {
    finetuned: nllUnder(detail, "finetuned", leaveOut),
    reference: nllUnder(detail, "reference", leaveOut),
  };
  if (peak === null || nll.finetuned === null || nll.reference === null) return null;
  const tokens = countedTokens(detail.completion.length, leaveOut);
  const tokensOf = (role: Role): number => (detail.aligned?.role === role ? detail.aligned.tokens : tokens);
  const evidence = {
    nllFinetuned: nll.finetuned,
    nllReference: nll.reference,
    tokens,
    referenceTokens: tokensOf("reference"),
    bytes: detail.bytes,
    peak: peak.value,
  };
  return {
    ...evidence,
    pplFinetuned: perplexity(nll.finetuned, tokensOf("finetuned")),
    pplReference: perplexity(nll.reference, tokensOf("reference")),
    peak,
    statistics: Object.fromEntries(STATISTIC_NAMES.map((name) => [name, STATISTICS[name].value(evidence)])) as Record<
      StatisticName,
      number
    >,
  };
}
