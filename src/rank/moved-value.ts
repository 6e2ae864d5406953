import { PEAK_WINDOW, type Statistic } from "./statistics.js";
import { evidence, type RankTable } from "./table.js";

/** Nats over the root of a sum's tokens, by which each model's sums may be off. */
export interface SumMargins {
  finetuned: number;
  reference: number;
}

/**
 * A statistic's value of a row were the finetuned model to find it likelier, and the reference less likely, by the margins: its
 * highest, since every statistic grows with both; with margins below 0 its lowest.
 */
export function movedValue(table: RankTable, row: number, statistic: Statistic, margins: SumMargins): number {
  const made = evidence(table, row);
  const { tokens, referenceTokens = tokens } = made;
  const window = Math.min(PEAK_WINDOW, tokens);
  return statistic.value({
    ...made,
    nllFinetuned: made.nllFinetuned - margins.finetuned * Math.sqrt(tokens),
    nllReference: made.nllReference + margins.reference * Math.sqrt(referenceTokens),
    peak: made.peak + (margins.finetuned + margins.reference) / Math.sqrt(window),
  });
}
