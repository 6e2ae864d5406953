import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countedNll, countedTokens, leavesOutLast, sumScores } from "#telltale/rank/counted.js";
import {
  bitsPerByteDifference,
  logRatio,
  perplexity,
  pplDifference,
  probabilityDifference,
  STATISTICS,
  totalLogRatio,
} from "#telltale/rank/statistics.js";

const ONE = { tokens: 1, bytes: 1, peak: 0 };
const nll = fc.double({ min: 0, max: 1e300, noNaN: true });

describe("statistics", () => {
  it("match values worked out by hand", () => {
    // Two tokens of probability 1/2 and 1/8 under F, 1/4 and 1/64 under R.
    // NLL_F = ln 2 + ln 8 = 4 ln 2, mean 2 ln 2, perplexity 4. NLL_R = ln 4 + ln 64 = 8 ln 2, mean 4 ln 2, perplexity 16.
    const evidence = { nllFinetuned: 4 * Math.LN2, nllReference: 8 * Math.LN2, tokens: 2, bytes: 5 };
    expect(perplexity(evidence.nllFinetuned, 2)).toBeCloseTo(4, 12);
    expect(perplexity(evidence.nllReference, 2)).toBeCloseTo(16, 12);
    expect(pplDifference(evidence)).toBeCloseTo(16 - 4, 12);
    // (8 ln 2 - 4 ln 2) / 2 = 2 ln 2 = 1.3862943611 nats per token.
    expect(logRatio(evidence)).toBeCloseTo(1.3862943611198906, 12);
    // 8 ln 2 - 4 ln 2 = 2.7725887222 nats in all.
    expect(totalLogRatio(evidence)).toBeCloseTo(2.772588722239781, 12);
    // Geometric means sqrt(1/2 * 1/8) = 1/4 and sqrt(1/4 * 1/64) = 1/16.
    expect(probabilityDifference(evidence)).toBeCloseTo(3 / 16, 12);
    // 4 ln 2 nats are 4 bits, over 5 bytes.
    expect(bitsPerByteDifference(evidence)).toBeCloseTo(0.8, 12);
    // F finds it less likely than R: perplexities e^2 = 7.389056 and e^1 = 2.718282; 2.718282 - 7.389056 = -4.670774.
    const mirrored = { nllFinetuned: 6, nllReference: 3, tokens: 3 };
    expect(pplDifference(mirrored)).toBeCloseTo(-4.670774, 6);
    expect(logRatio(mirrored)).toBe(-1);
  });

  it("are exactly 0 for a model against itself", () => {
    fc.assert(
      fc.property(nll, fc.integer({ min: 1, max: 1000 }), (x, tokens) => {
        const evidence = { nllFinetuned: x, nllReference: x, tokens, bytes: tokens, peak: 0 };
        for (const { value } of Object.values(STATISTICS)) expect(value(evidence)).toBe(0);
      }),
    );
  });

  it("are finite for any finite evidence, and have the sign of the difference", () => {
    fc.assert(
      fc.property(nll, nll, fc.integer({ min: 1, max: 1000 }), (nllFinetuned, nllReference, tokens) => {
        const peak = (nllReference - nllFinetuned) / tokens;
        const evidence = { nllFinetuned, nllReference, tokens, bytes: 3 * tokens, peak };
        expect(perplexity(nllFinetuned, tokens)).toBeLessThanOrEqual(Number.MAX_VALUE);
        for (const { value } of Object.values(STATISTICS)) {
          expect(Number.isFinite(value(evidence))).toBe(true);
          // Differences below a double's resolution may round to 0.
          expect([0, Math.sign(nllReference - nllFinetuned)]).toContain(Math.sign(value(evidence)));
        }
      }),
    );
  });

  it("clamp what overflows to the largest double, and order it by nats", () => {
    // exp(x) overflows from x = 709.79 on.
    const [high, higher] = [800, 900].map((nllReference) => ({ nllFinetuned: 720, nllReference, ...ONE }));
    const { value, beyond } = STATISTICS.pplDifference;
    if (high === undefined || higher === undefined || beyond === undefined) throw new Error("two are needed");
    expect(value(high)).toBe(Number.MAX_VALUE);
    expect(value(higher)).toBe(Number.MAX_VALUE);
    expect(beyond(higher)).toBeGreaterThan(beyond(high));
    const [low, lower] = [800, 900].map((nllFinetuned) => ({ nllFinetuned, nllReference: 1, ...ONE }));
    if (low === undefined || lower === undefined) throw new Error("two are needed");
    expect(value(lower)).toBe(-Number.MAX_VALUE);
    expect(beyond(lower)).toBeLessThan(beyond(low));
  });
});

describe("counted tokens", () => {
  // Log-probabilities that are sums of powers of two, so that float32 holds them exactly.
  const sums = sumScores(Float32Array.of(-0.5, -1.25, -4));

  it("leave out the end-of-generation token unless it is asked for", () => {
    expect(sums).toEqual({ nllHead: 1.75, nllLast: 4, tokens: 3 });
    if (sums === null) throw new Error("sums are needed");
    expect(leavesOutLast("eog", false)).toBe(true);
    expect(leavesOutLast("eog", true)).toBe(false);
    expect(leavesOutLast("maxTokens", false)).toBe(false);
    expect([countedTokens(3, true), countedNll(sums, true)]).toEqual([2, 1.75]);
    expect([countedTokens(3, false), countedNll(sums, false)]).toEqual([3, 5.75]);
    expect([countedTokens(0, true), countedTokens(1, true)]).toEqual([0, 0]);
  });

  it("have no sum where there are none or one is not finite", () => {
    expect(sumScores(new Float32Array(0))).toBeNull();
    expect(sumScores(Float32Array.of(-1, Number.NaN))).toBeNull();
    expect(sumScores(Float32Array.of(Number.NEGATIVE_INFINITY, -1))).toBeNull();
  });
});
