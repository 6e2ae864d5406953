import { type ModelScores, segmentsOf } from "./model-scores.js";
import type { TokenDetail } from "./token-detail.js";

/** Log-probabilities of both models token by token; where one has another tokenizer, the means of the segments that both share. */
export function tokenValues(
  finetuned: ModelScores | null,
  reference: ModelScores | null,
): Pick<TokenDetail, "finetuned" | "reference" | "aligned"> {
  const role = finetuned?.aligned ? "finetuned" : "reference";
  const other = role === "finetuned" ? finetuned : reference;
  if (other === null || other.aligned === null) {
    return {
      finetuned: finetuned && Array.from(finetuned.logprobs),
      reference: reference && Array.from(reference.logprobs),
      aligned: null,
    };
  }
  const segments = segmentsOf(other.aligned);
  const means = (logprobs: Float32Array, own: boolean): (number | null)[] =>
    segments.flatMap(({ from, to, otherFrom, otherTo, compared }) => {
      const sum = logprobs
        .subarray(own ? from : otherFrom, own ? to : otherTo)
        .reduce((total, value) => total + value, 0);
      return Array<number | null>(to - from).fill(own || compared ? sum / (to - from) : null);
    });
  return {
    finetuned: finetuned && means(finetuned.logprobs, role !== "finetuned"),
    reference: reference && means(reference.logprobs, role !== "reference"),
    aligned: {
      role,
      tokens: other.logprobs.length,
      nll: -other.logprobs.reduce((total, value) => total + value, 0),
      segments: segments.map(({ from, to }) => to - from),
    },
  };
}
