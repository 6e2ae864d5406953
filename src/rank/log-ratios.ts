import type { TokenDetail } from "./token-detail.js";

/**
 * Float64Array [tokens of the completion], nats: log p of each under the finetuned model less log p under the reference. Above 0
 * the finetuned model finds the token likelier: those give the finetuning away. With another tokenizer the mean of the token's
 * segment, and 0 where there is nothing to compare. Null where a model has not scored the completion.
 */
export function tokenLogRatios({
  finetuned,
  reference,
}: Pick<TokenDetail, "finetuned" | "reference">): Float64Array | null {
  if (finetuned === null || reference === null) return null;
  return Float64Array.from(finetuned, (logprob, i) => {
    const other = reference[i] ?? null;
    return logprob === null || other === null ? 0 : logprob - other;
  });
}
