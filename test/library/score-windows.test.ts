import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chunkWindows, overlappingWindows, type ScoreWindow } from "#telltale/library/score-windows.js";

/** Which token each window decodes at which place, for windows of made-up tokens equal to their index. */
function checkWindow({ context, targets, first }: ScoreWindow, bos: number | undefined): void {
  const whole = [...context, ...targets];
  const head = bos === undefined ? 0 : 1;
  for (let i = head; i < whole.length; i++) expect(whole[i]).toBe(first - context.length + i);
  if (bos !== undefined) expect(whole[0]).toBe(bos);
}

const cases = fc.record({
  length: fc.integer({ min: 0, max: 200 }),
  size: fc.integer({ min: 4, max: 40 }),
  bos: fc.option(fc.constant(99_999), { nil: undefined }),
});
const indices = (length: number): Int32Array => Int32Array.from({ length }, (_, i) => i);
const scoredBy = (windows: ScoreWindow[]): number[] =>
  windows.flatMap(({ targets, first }) => Array.from(targets, (_, i) => first + i));

describe("windows", () => {
  test("that overlap score every token once, with at least half a window before it", () => {
    fc.assert(
      fc.property(cases, ({ length, size, bos }) => {
        const windows = overlappingWindows(indices(length), size, bos);
        expect(scoredBy(windows)).toEqual(Array.from(indices(length)).slice(bos === undefined ? 1 : 0));
        for (const [i, window] of windows.entries()) {
          checkWindow(window, bos);
          expect(window.context.length + window.targets.length).toBeLessThanOrEqual(size);
          if (i > 0) expect(window.context.length).toBeGreaterThanOrEqual(Math.floor(size / 2));
        }
      }),
    );
  });

  test("in chunks score the second half of each, and nothing of the rest", () => {
    fc.assert(
      fc.property(cases, ({ length, size, bos }) => {
        const windows = chunkWindows(indices(length), size, bos);
        expect(windows.length).toBe(Math.floor(length / size));
        const half = Math.floor(size / 2);
        const expected = Array.from(indices(windows.length * size)).filter((i) => i % size > half);
        expect(scoredBy(windows)).toEqual(expected);
        for (const window of windows) checkWindow(window, bos);
      }),
    );
  });
});
