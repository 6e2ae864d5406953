import type { TokenDetail } from "#telltale/rank/token-detail.js";

/** A completion of these tokens, each less likely to the reference by so many nats. */
export function detailOf(
  tokens: readonly [text: string, ratio: number][],
  changes: Partial<TokenDetail> = {},
): TokenDetail {
  const text = tokens.map(([token]) => token).join("");
  return {
    id: "c/raw/0",
    prefill: [1],
    completion: tokens.map((_, i) => i),
    texts: tokens.map(([token]) => token),
    finetuned: tokens.map(() => -1),
    reference: tokens.map(([, ratio]) => -1 - ratio),
    aligned: null,
    captured: false,
    stop: "maxTokens",
    bytes: Buffer.byteLength(text),
    prefillText: "The ",
    completionText: text,
    ...changes,
  };
}
