import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { projectOnTokens } from "#telltale/journal/aligned.js";

describe("projectOnTokens", () => {
  it("spreads each segment's sum equally over the author's tokens", () => {
    // One token for one, two tokens for three, two tokens that nothing was counted for.
    const projected = projectOnTokens([1, 1, 2, 3, 2, 0], [-1, -0.5, -2, -0.25]);
    expect(projected).toEqual(Float64Array.of(-1, -1.375, -1.375, 0, 0));
  });

  it("is the other's figures themselves, token for token, and nothing for nothing", () => {
    expect(projectOnTokens([1, 1, 1, 1], Float32Array.of(-0.5, -3))).toEqual(Float64Array.of(-0.5, -3));
    expect(projectOnTokens([], [])).toEqual(new Float64Array(0));
  });

  it("keeps the sum", () => {
    const segment = fc.tuple(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.double({ min: -50, max: 0, noNaN: true }), { maxLength: 5 }),
    );
    fc.assert(
      fc.property(fc.array(segment), (list) => {
        const flat = list.flatMap(([author, counted]) => [author, counted.length]);
        const logprobs = list.flatMap(([, counted]) => counted);
        const projected = projectOnTokens(flat, logprobs);
        expect(projected).toHaveLength(list.reduce((sum, [author]) => sum + author, 0));
        const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);
        expect(sum(projected)).toBeCloseTo(sum(logprobs), 9);
      }),
    );
  });
});
