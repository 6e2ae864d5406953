import { describe, expect, it } from "vitest";
import { addon, codeOf, kernels, randomRow, referenceLogprob } from "./kernels.js";

const LENGTHS = [1, 7, 8, 15, 16, 17, 31, 33, 1023, 1024, 1025, 4096, 151_936];
const INFINITE = Number.POSITIVE_INFINITY;

/** Targets that stand at every kind of place: both ends, around vector and block borders, and some between. */
function places(n: number): number[] {
  return [0, 1, 6, 7, 8, 15, 16, n >> 1, 1022, 1023, 1024, n - 2, n - 1].filter(
    (place, i, all) => place >= 0 && place < n && all.indexOf(place) === i,
  );
}

it("knows at least the plain kernel and none of another name", () => {
  expect(kernels).toContain("plain");
  expect(addon.rowLogprob("sse1", Float32Array.of(0), 0)).toBeNull();
});

describe.each(kernels)("kernel %s", (kernel) => {
  it.each(LENGTHS)("agrees with double precision on rows of %i logits", (n) => {
    for (const [seed, spread] of [
      [1, 3],
      [2, 0.01],
      [3, 20],
      [4, 100],
    ] as const) {
      const row = randomRow(n, seed * 1000 + n, spread);
      for (const target of places(n)) {
        const found = addon.rowLogprob(kernel, row, target) as number;
        const expected = referenceLogprob(row, target);
        expect(Math.abs(found - expected)).toBeLessThan(1e-5 + Math.abs(expected) * 2 ** -23);
      }
    }
  });

  it("is exact to float rounding on rows of one constant, whatever its size", () => {
    for (const value of [0, 1e-38, -1e-38, 1e-45, 88.5, -88.5, 1e30, -1e30, 3e38, -3e38]) {
      for (const n of LENGTHS) {
        const found = addon.rowLogprob(kernel, new Float32Array(n).fill(value), n - 1) as number;
        // Beside a constant of 1e30 its logarithm of n vanishes, in double precision too.
        const expected = Math.fround(value) - (Math.fround(value) + Math.log(n));
        expect(found).toBeCloseTo(expected, 5);
      }
    }
  });

  it("keeps what is tiny beside a huge logit", () => {
    const row = new Float32Array(5000).fill(-1e30);
    row[4321] = 1e4;
    expect(addon.rowLogprob(kernel, row, 4321)).toBe(0);
    row[17] = 1e4 - 50;
    expect(addon.rowLogprob(kernel, row, 17)).toBe(-50);
    row[18] = 1e4 - 200; // its exponential is 0 in float
    expect(addon.rowLogprob(kernel, row, 18)).toBe(-200);
  });

  it("counts every one of many small terms beside a large one", () => {
    const row = new Float32Array(151_936).fill(-10);
    row[70_000] = 0;
    for (const target of [0, 70_000, 151_935]) {
      expect(addon.rowLogprob(kernel, row, target)).toBeCloseTo(referenceLogprob(row, target), 5);
    }
  });

  it.each([17, 1025, 3000, 4096])("takes -Infinity as impossible, even whole blocks of it, in %i logits", (n) => {
    const row = randomRow(n, n);
    for (const [from, to] of [
      [0, n >> 1],
      [1, n],
      [0, n - 1],
      [1024, 2048],
    ] as const) {
      const ruled = Float32Array.from(row, (x, i) => (i >= from && i < to ? -INFINITE : x));
      const target = ruled.findIndex(Number.isFinite);
      expect(addon.rowLogprob(kernel, ruled, target)).toBeCloseTo(referenceLogprob(ruled, target), 5);
    }
  });

  it.each([Number.NaN, INFINITE])("reports %s anywhere, also beside or under -Infinity", (bad) => {
    for (const n of [1, 8, 17, 1024, 1025, 3000, 4096]) {
      for (const filler of [0, -INFINITE]) {
        for (const place of places(n)) {
          const row = randomRow(n, n);
          // The target's own block stays finite: the bad value stands in a block that adds nothing else.
          const target = place < 1024 ? n - 1 : 0;
          const block = place - (place % 1024);
          if (filler !== 0) row.fill(filler, block, Math.min(n, block + 1024));
          row[place] = bad;
          expect(codeOf(() => addon.rowLogprob(kernel, row, target))).toBe("NON_FINITE");
          expect(codeOf(() => addon.rowChoice(kernel, row, 0, null))).toBe("NON_FINITE");
          const sampling = { temperature: 1, topK: 0, topP: 1, minP: 0, seed: 0 };
          expect(codeOf(() => addon.rowChoice(kernel, row, 0.5, sampling))).toBe("NON_FINITE");
        }
      }
    }
  });

  it("reports a row without any possible token, and a log-probability too low for a float", () => {
    expect(codeOf(() => addon.rowLogprob(kernel, new Float32Array(2000).fill(-INFINITE), 3))).toBe("NON_FINITE");
    expect(codeOf(() => addon.rowLogprob(kernel, Float32Array.of(0, -INFINITE), 1))).toBe("NON_FINITE");
    expect(codeOf(() => addon.rowLogprob(kernel, Float32Array.of(3e38, -3e38), 1))).toBe("NON_FINITE");
  });

  it("refuses a target outside the row", () => {
    expect(codeOf(() => addon.rowLogprob(kernel, new Float32Array(4), 4))).toBe("BAD_ARGUMENT");
  });
});
