import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomNumbers, shuffled } from "#telltale/prefill/shuffle.js";

const seeds = fc.integer({ min: 0, max: 2 ** 32 - 1 });

describe("shuffled", () => {
  it("gives a permutation that depends on nothing but the seed and the items", () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), seeds, (items, seed) => {
        const before = [...items];
        const order = shuffled(items, seed);
        expect(items).toEqual(before);
        expect(order.toSorted((a, b) => a - b)).toEqual(items.toSorted((a, b) => a - b));
        expect(shuffled(items, seed)).toEqual(order);
      }),
    );
  });

  it("puts every item into every place about equally often", () => {
    const items = [0, 1, 2, 3, 4];
    const rounds = 5000;
    const seen = new Map<string, number>();
    for (let seed = 0; seed < rounds; seed++) {
      for (const [place, item] of shuffled(items, seed).entries()) {
        seen.set(`${item} at ${place}`, (seen.get(`${item} at ${place}`) ?? 0) + 1);
      }
    }
    expect(seen.size).toBe(25);
    // Six standard deviations of a binomial count around its mean.
    const spread = 6 * Math.sqrt(rounds * 0.2 * 0.8);
    for (const count of seen.values()) expect(Math.abs(count - rounds * 0.2)).toBeLessThan(spread);
  });

  it("stays the same from release to release", () => {
    const random = randomNumbers(0);
    expect([random(), random(), random()].map((value) => value * 2 ** 32)).toEqual([1144304738, 1416247, 958946056]);
  });
});
