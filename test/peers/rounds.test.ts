import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { alternate, type Contender, compare, quantile, type Sample, summarize } from "../../bench/rounds.js";

const sample = (tokens: number, seconds: number): Sample => ({ tokens, seconds });

function contender(name: string, run: () => Sample): Contender {
  return { name, version: "1", settings: {}, run: async () => run() };
}

describe("alternate", () => {
  it("begins each round with the next contender and keeps every round's samples in place", async () => {
    const turns: string[] = [];
    const named = (name: string): Contender =>
      contender(name, () => {
        turns.push(name);
        return sample(turns.length, 1);
      });
    const series = await alternate([named("a"), named("b"), named("c")], 3);
    expect(turns.join("")).toBe("abcbcacab");
    expect(series.get("a")).toEqual([sample(1, 1), sample(6, 1), sample(8, 1)]);
    expect(series.get("b")).toEqual([sample(2, 1), sample(4, 1), sample(9, 1)]);
  });

  it("keeps parts as series of their own", async () => {
    const whole = contender("whole", () => ({ ...sample(6, 3), parts: { part: sample(6, 2) } }));
    const series = await alternate([whole], 2);
    expect([...series]).toEqual([
      ["whole", [sample(6, 3), sample(6, 3)]],
      ["part", [sample(6, 2), sample(6, 2)]],
    ]);
  });

  it("passes a contender's failure on", async () => {
    const broken = contender("broken", () => {
      throw new Error("did not start");
    });
    await expect(alternate([broken], 1)).rejects.toThrow("did not start");
  });
});

describe("compare", () => {
  it("takes the median of the ratios within rounds, not the ratio of medians", () => {
    // A machine that slows down fourfold: in every round the first is twice as fast as the second.
    const series = new Map([
      ["fast", [sample(8, 1), sample(8, 2), sample(8, 4)]],
      ["slow", [sample(4, 1), sample(4, 2), sample(4, 4)]],
    ]);
    expect(compare(series, { of: "fast", to: "slow", atLeast: 2 })).toMatchObject({
      median: 2,
      spread: 0,
      rounds: 3,
      reached: true,
    });
    expect(compare(series, { of: "fast", to: "slow", atLeast: 2.1 }).reached).toBe(false);
    expect(compare(series, { of: "slow", to: "fast", atLeast: null })).toMatchObject({ median: 0.5, reached: null });
  });

  it("refuses series of different rounds", () => {
    const series = new Map([
      ["a", [sample(1, 1)]],
      ["b", [sample(1, 1), sample(1, 1)]],
    ]);
    expect(() => compare(series, { of: "a", to: "b", atLeast: 1 })).toThrow("same rounds");
    expect(() => compare(series, { of: "a", to: "c", atLeast: 1 })).toThrow("same rounds");
  });
});

describe("summarize", () => {
  it("gives the median rate and the interquartile range as a share of it", () => {
    const samples = [90, 100, 110, 95, 105].map((tokens) => sample(tokens, 1));
    expect(summarize(samples)).toEqual({ median: 100, spread: 0.1, rounds: 5 });
  });

  it("is not moved by one outlier", () => {
    const steady = [100, 100, 100, 100].map((tokens) => sample(tokens, 1));
    expect(summarize([...steady, sample(1, 1)])).toEqual({ median: 100, spread: 0, rounds: 5 });
  });
});

describe("quantile", () => {
  it("lies between the smallest and the largest value and grows with q", () => {
    const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1 });
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(values, share, share, (list, a, b) => {
        const [low, high] = [quantile(list, Math.min(a, b)), quantile(list, Math.max(a, b))];
        expect(low).toBeGreaterThanOrEqual(Math.min(...list) - 1e-6);
        expect(high).toBeLessThanOrEqual(Math.max(...list) + 1e-6);
        expect(high).toBeGreaterThanOrEqual(low - 1e-6);
      }),
    );
  });

  it("is exact at the ends and in the middle", () => {
    expect([0, 0.5, 1].map((q) => quantile([3, 1, 2], q))).toEqual([1, 2, 3]);
    expect(quantile([1, 2], 0.5)).toBe(1.5);
    expect(() => quantile([], 0.5)).toThrow();
  });
});
