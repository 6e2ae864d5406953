import { describe, expect, it } from "vitest";
import { encodeFloat32 } from "#telltale/journal/float32.js";
import { completionTokens, parseScores, scoreRatios, sumModelScores } from "#telltale/rank/model-scores.js";

/**
 * Six tokens of the completion and the end of generation. The other model: a token that reaches in from the prefill and is not
 * counted, one beside the second half of the first piece, one beside two tokens, two beside one, and one beside the sixth.
 */
const ALIGNED = { tokens: [11, 12, 13, 14, 15], segments: [2, 1, 2, 1, 1, 2, 1, 1, 1, 0], partial: [0, 4] };
const OTHER = [-1, -5, -0.5, -1.5, -4];
const OWN = [-1, -1, -0.25, -0.75, -1, -0.5, -0.125];

const reference = { id: "a", logprobs: Float32Array.from(OTHER), aligned: ALIGNED };
const finetuned = { id: "a", logprobs: Float32Array.from(OWN), aligned: null };

describe("scores of a model with another tokenizer", () => {
  it("are of the completion's tokens, and sum up to all of the model's own", () => {
    expect(completionTokens(reference)).toBe(7);
    // -(-1 - 5 - 0.5 - 1.5 - 4) = 12; the end of generation, which is no text, adds nothing.
    expect(sumModelScores(reference)).toEqual({ nllHead: 12, nllLast: -0, tokens: 7 });
  });

  it("are compared piece by piece, and not where the bytes are not the same", () => {
    // (-0.25 - 0.75 + 5) / 2 = 2; -1 + 0.5 + 1.5 = 1; -0.5 + 4 = 3.5.
    expect([...scoreRatios(finetuned, reference)]).toEqual([0, 0, 2, 2, 1, 3.5, 0]);
    // Where the reference wrote the completion, as in a null, the finetuned model is the one with other tokens.
    const mirrored = scoreRatios({ ...reference, id: "b" }, { ...finetuned, id: "b" });
    expect([...mirrored]).toEqual([0, 0, -2, -2, -1, -3.5, 0].map((ratio) => ratio + 0));
  });

  it("are what the same tokens give where the tokenizers agree", () => {
    const aligned = { tokens: [1, 2, 3], segments: [1, 1, 1, 1, 1, 1], partial: [] };
    const same = { id: "a", logprobs: Float32Array.from([-1, -2, -4]), aligned };
    const other = { id: "a", logprobs: Float32Array.from([-0.5, -3, -4]), aligned: null };
    expect(scoreRatios(other, same)).toEqual(scoreRatios(other, { ...same, aligned: null }));
    expect(sumModelScores(same)).toEqual(sumModelScores({ ...same, aligned: null }));
  });

  it.each([
    ["segments that are no pairs", { ...ALIGNED, segments: [1, 1, 1] }],
    ["segments of other log-probabilities", { ...ALIGNED, segments: [7, 4] }],
    ["log-probabilities of no token", { ...ALIGNED, segments: [0, 1, 7, 4] }],
    ["negative counts", { ...ALIGNED, segments: [8, 6, -1, -1] }],
  ])("are refused with %s", (_, aligned) => {
    expect(() => parseScores({ id: "a", logprobs: encodeFloat32(Float32Array.from(OTHER)), aligned })).toThrow(
      /segments/,
    );
  });

  it("come back from a line of a file", () => {
    const line = { id: "a", logprobs: encodeFloat32(reference.logprobs), aligned: { ...ALIGNED, tokens: null } };
    expect(parseScores(JSON.parse(JSON.stringify(line)))).toEqual({
      ...reference,
      aligned: { ...ALIGNED, tokens: null },
    });
  });
});
