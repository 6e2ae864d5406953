import { describe, expect, it } from "vitest";
import { addon, kernels, random, randomRow, referenceLogSumExp } from "./kernels.js";

const ALL = { temperature: 1, topK: 0, topP: 1, minP: 0, seed: 0 };
const ALMOST_ONE = 1 - 2 ** -53;

/** Every token that an even grid of u chooses, with how often. */
function drawn(kernel: string, row: Float32Array, sampling: typeof ALL, steps: number): Map<number, number> {
  const counts = new Map<number, number>();
  for (let step = 0; step < steps; step++) {
    const token = addon.rowChoice(kernel, row, (step + 0.5) / steps, sampling) as number;
    counts.set(token, (counts.get(token) ?? 0) + 1);
  }
  return counts;
}

const tokens = (counts: Map<number, number>) => [...counts.keys()].sort((a, b) => a - b);

describe.each(kernels)("kernel %s", (kernel) => {
  it("takes the likeliest token, the lowest id of several, wherever they stand", () => {
    for (const n of [1, 2, 16, 17, 1024, 1025, 5000]) {
      const next = random(n);
      for (let round = 0; round < 20; round++) {
        const row = randomRow(n, n * 100 + round);
        const best = Math.floor(next() * n);
        const again = best + Math.floor(next() * (n - best));
        row[best] = 50;
        row[again] = 50;
        expect(addon.rowChoice(kernel, row, 0, null)).toBe(best);
      }
    }
    expect(addon.rowChoice(kernel, Float32Array.of(-1, -0, 0), 0, null)).toBe(1);
  });

  it.each([
    [300, 1],
    [3000, 1],
    [3000, 0.5],
    [3000, 2],
  ])("draws %i tokens as the exact distribution at temperature %f has them", (n, temperature) => {
    const steps = 5000;
    const row = randomRow(n, n, 2);
    const logSum = referenceLogSumExp(row, temperature);
    const counts = drawn(kernel, row, { ...ALL, temperature }, steps);
    for (let token = 0; token < n; token++) {
      const expected = Math.exp((row[token] as number) / temperature - logSum) * steps;
      // An even grid of u gives each token its share to within one step at either end.
      expect(Math.abs((counts.get(token) ?? 0) - expected)).toBeLessThan(1.1);
    }
  });

  it("draws a filtered row as the exact distribution of what is left has it", () => {
    const steps = 5000;
    const row = randomRow(2500, 5, 2);
    const best = Array.from(row.keys()).sort((a, b) => (row[b] as number) - (row[a] as number));
    const kept = best.slice(0, 40);
    const counts = drawn(kernel, row, { ...ALL, topK: 40, temperature: 0.7 }, steps);
    expect(tokens(counts)).toEqual([...kept].sort((a, b) => a - b));
    const logSum = referenceLogSumExp(
      kept.map((token) => row[token] as number),
      0.7,
    );
    for (const token of kept) {
      const expected = Math.exp((row[token] as number) / 0.7 - logSum) * steps;
      expect(Math.abs((counts.get(token) as number) - expected)).toBeLessThan(1.1);
    }
  });

  // Probabilities 0.05, 0.4, 0.1, 0.2, 0.25, shuffled among 2000 tokens that are ruled out.
  const made = new Float32Array(2000).fill(Number.NEGATIVE_INFINITY);
  made.set([0.05, 0.4, 0.1].map(Math.log), 3);
  made.set([0.2, 0.25].map(Math.log), 1500);
  it.each([
    [{}, [3, 4, 5, 1500, 1501]],
    [{ topK: 1 }, [4]],
    [{ topK: 3 }, [4, 1500, 1501]],
    [{ topK: 100 }, [3, 4, 5, 1500, 1501]],
    [{ topP: 0.39 }, [4]],
    [{ topP: 0.41 }, [4, 1501]],
    [{ topP: 0.64 }, [4, 1501]],
    [{ topP: 0.66 }, [4, 1500, 1501]],
    [{ topP: 0.94 }, [4, 5, 1500, 1501]],
    [{ topP: 0.96 }, [3, 4, 5, 1500, 1501]],
    [{ minP: 0.49 }, [4, 1500, 1501]],
    [{ minP: 0.51 }, [4, 1501]],
    [{ minP: 1 }, [4]],
    [{ minP: 0.1 }, [3, 4, 5, 1500, 1501]],
    // The share of the best three is 0.47, 0.29, 0.24: topP counts among what topK left.
    [{ topK: 3, topP: 0.45 }, [4]],
    [{ topK: 3, topP: 0.75 }, [4, 1501]],
    [{ topK: 3, minP: 0.6 }, [4, 1501]],
    [{ topP: 0.96, minP: 0.2 }, [4, 5, 1500, 1501]],
    // Filters come before the temperature, which must not change the set.
    [{ topP: 0.66, temperature: 3 }, [4, 1500, 1501]],
  ])("leaves exactly the tokens that pass %j", (filters, expected) => {
    expect(tokens(drawn(kernel, made, { ...ALL, ...filters }, 400))).toEqual(expected);
  });

  it("keeps all of equally likely tokens that the filters cannot tell apart, lowest ids first", () => {
    const even = new Float32Array(3000).fill(1);
    expect(tokens(drawn(kernel, even, { ...ALL, topK: 3 }, 30))).toEqual([0, 1, 2]);
    expect(tokens(drawn(kernel, even, { ...ALL, minP: 1 }, 3000)).length).toBe(3000);
  });

  it("takes the first possible token at u = 0 and a possible one just below 1", () => {
    for (const temperature of [0.01, 1, 50]) {
      const row = randomRow(4000, 8);
      row.fill(Number.NEGATIVE_INFINITY, 0, 1500);
      row.fill(Number.NEGATIVE_INFINITY, 3500);
      if (temperature === 1) expect(addon.rowChoice(kernel, row, 0, { ...ALL })).toBe(1500);
      const last = addon.rowChoice(kernel, row, ALMOST_ONE, { ...ALL, temperature }) as number;
      expect(row[last]).toBeGreaterThan(Number.NEGATIVE_INFINITY);
    }
  });

  it("never draws a token that is ruled out", () => {
    const next = random(3);
    for (let round = 0; round < 30; round++) {
      const row = randomRow(2100, round, 10);
      for (let i = 0; i < row.length; i++) if (next() < 0.9) row[i] = Number.NEGATIVE_INFINITY;
      for (const filters of [{}, { topK: 2000 }, { topP: 0.999999 }, { minP: 1e-30 }, { temperature: 100 }]) {
        for (const u of [0, next(), next(), ALMOST_ONE]) {
          const token = addon.rowChoice(kernel, row, u, { ...ALL, ...filters }) as number;
          expect(row[token]).toBeGreaterThan(Number.NEGATIVE_INFINITY);
        }
      }
    }
  });

  it("comes to the greedy choice as the temperature falls", () => {
    const row = randomRow(5000, 12);
    const best = addon.rowChoice(kernel, row, 0, null) as number;
    for (const u of [1e-6, 0.5, 1 - 1e-6]) {
      expect(addon.rowChoice(kernel, row, u, { ...ALL, temperature: 0.001 })).toBe(best);
    }
  });
});
