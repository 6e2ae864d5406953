import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { scoreRatios } from "#telltale/rank/model-scores.js";
import { peaksOf } from "#telltale/rank/peak.js";
import { PEAK_WINDOW } from "#telltale/rank/statistics.js";

const logprob = fc.float({ min: -30, max: 0, noNaN: true });
const pairs = fc.array(fc.tuple(logprob, logprob), { maxLength: 90 });
const sides = (drawn: readonly (readonly [number, number])[]) =>
  [0, 1].map((side) => Float32Array.from(drawn, (pair) => pair[side] as number)) as [Float32Array, Float32Array];

const ratiosOf = (finetuned: Float32Array, reference: Float32Array): Float64Array =>
  scoreRatios({ id: "a", logprobs: finetuned, aligned: null }, { id: "a", logprobs: reference, aligned: null });

/** The definition, window by window. */
function slowPeak(finetuned: Float32Array, reference: Float32Array): { value: number; from: number } | null {
  const tokens = finetuned.length;
  if (tokens === 0) return null;
  const width = Math.min(PEAK_WINDOW, tokens);
  let best = { value: Number.NEGATIVE_INFINITY, from: 0 };
  for (let from = 0; from + width <= tokens; from += 1) {
    let sum = 0;
    for (let i = from; i < from + width; i += 1) sum += (finetuned[i] as number) - (reference[i] as number);
    if (sum / width > best.value + 1e-9) best = { value: sum / width, from };
  }
  return best;
}

describe("the peak window", () => {
  it("is the best of all windows, with the last token and without it", () => {
    fc.assert(
      fc.property(pairs, (drawn) => {
        const [finetuned, reference] = sides(drawn);
        const { all, head } = peaksOf(ratiosOf(finetuned, reference));
        for (const [found, count] of [
          [all, drawn.length],
          [head, Math.max(0, drawn.length - 1)],
        ] as const) {
          const wanted = slowPeak(finetuned.subarray(0, count), reference.subarray(0, count));
          if (wanted === null) expect(found).toBeNull();
          else expect(found?.value).toBeCloseTo(wanted.value, 6);
        }
      }),
    );
  });

  it("lies where the difference is, worked out by hand", () => {
    // 60 tokens: the reference finds those from 30 to 49 e^2 times less likely, all others as likely.
    const finetuned = new Float32Array(60).fill(-1);
    const reference = finetuned.map((_, i) => (i >= 30 && i < 50 ? -3 : -1));
    expect(peaksOf(ratiosOf(finetuned, reference)).all).toEqual({ value: 2, from: 30 });
    // Five tokens of log-ratio 1 and one of 4: (5 + 4) / 6 = 1.5 with the last one, 1 without it.
    const few = peaksOf(ratiosOf(new Float32Array(6), Float32Array.from([-1, -1, -1, -1, -1, -4])));
    expect(few).toEqual({ all: { value: 1.5, from: 0 }, head: { value: 1, from: 0 } });
    expect(peaksOf(ratiosOf(new Float32Array(1), Float32Array.from([-2])))).toEqual({
      all: { value: 2, from: 0 },
      head: null,
    });
  });

  it("is exactly 0 for a model against itself", () => {
    fc.assert(
      fc.property(pairs, (drawn) => {
        const [same] = sides(drawn);
        expect(peaksOf(ratiosOf(same, same)).all?.value ?? 0).toBe(0);
      }),
    );
  });
});
