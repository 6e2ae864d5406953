import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addon, codeOf } from "./kernels.js";

// llama.cpp's attention takes another path from this many tokens of a sequence on (kAttentionTile in batch_planner.hpp).
const TILE = 64;

interface Planned {
  items: number[];
  tokens: number;
}

function plan(lengths: readonly number[], nUbatch: number, nSequences: number): Planned[] {
  const { order, first, count, tokens } = addon.planScoring(Uint32Array.from(lengths), nUbatch, nSequences);
  expect(order.length).toBe(lengths.length);
  return Array.from(first, (start, i) => ({
    items: Array.from(order.subarray(start, start + (count[i] as number))),
    tokens: tokens[i] as number,
  }));
}

const cases = fc.record({
  lengths: fc.array(fc.oneof(fc.integer({ min: 1, max: 140 }), fc.integer({ min: 1, max: 3000 })), { maxLength: 80 }),
  nUbatch: fc.oneof(fc.constantFrom(1, 63, 64, 65, 128, 512), fc.integer({ min: 1, max: 2048 })),
  nSequences: fc.oneof(fc.constantFrom(1, 8, 64, 256), fc.integer({ min: 1, max: 256 })),
});

function always(holds: (lengths: readonly number[], planned: Planned[], nUbatch: number, nSequences: number) => void) {
  fc.assert(
    fc.property(cases, ({ lengths, nUbatch, nSequences }) => {
      holds(lengths, plan(lengths, nUbatch, nSequences), nUbatch, nSequences);
    }),
    { numRuns: 500 },
  );
}

describe("planScoring", () => {
  it("puts every item in exactly one micro-batch", () => {
    always((lengths, planned) => {
      const items = planned.flatMap((micro) => micro.items).sort((a, b) => a - b);
      expect(items).toEqual(Array.from(lengths.keys()));
    });
  });

  it("goes from the longest to the shortest, equal ones in their order", () => {
    always((lengths, planned) => {
      const order = planned.flatMap((micro) => micro.items);
      const expected = Array.from(lengths.keys()).sort((a, b) => (lengths[b] as number) - (lengths[a] as number));
      expect(order).toEqual(expected);
    });
  });

  it("never exceeds the sequences, nor the micro-batch but by one long item alone", () => {
    always((_, planned, nUbatch, nSequences) => {
      for (const { items, tokens } of planned) {
        expect(items.length).toBeGreaterThan(0);
        expect(items.length).toBeLessThanOrEqual(nSequences);
        if (tokens > nUbatch) expect(items.length).toBe(1);
        else expect(items.length * tokens).toBeLessThanOrEqual(nUbatch);
      }
    });
  });

  it("leaves room for every item and pads none across the attention tile", () => {
    always((lengths, planned) => {
      for (const { items, tokens } of planned) {
        for (const item of items) {
          const length = lengths[item] as number;
          expect(tokens).toBeGreaterThanOrEqual(length);
          expect(tokens >= TILE).toBe(length >= TILE);
        }
      }
    });
  });

  it("makes up the last piece of a long item to a whole tile, and nothing else", () => {
    always((lengths, planned, nUbatch) => {
      for (const { items, tokens } of planned) {
        const longest = lengths[items[0] as number] as number;
        const rest = longest % nUbatch;
        const short = longest > nUbatch && nUbatch >= TILE && rest !== 0 && rest < TILE;
        expect(tokens).toBe(short ? longest - rest + TILE : longest);
      }
    });
  });

  it("fills a micro-batch as long as the next item belongs in it", () => {
    always((lengths, planned, nUbatch, nSequences) => {
      planned.slice(0, -1).forEach(({ items, tokens }, i) => {
        if (tokens > nUbatch || items.length === nSequences || (items.length + 1) * tokens > nUbatch) return;
        const following = lengths[(planned[i + 1] as Planned).items[0] as number] as number;
        expect(following >= TILE).not.toBe(tokens >= TILE);
      });
    });
  });

  it("plans nothing for nothing and refuses what would divide by zero", () => {
    expect(plan([], 512, 64)).toEqual([]);
    expect(codeOf(() => plan([0], 512, 64))).toBe("BAD_ARGUMENT");
    expect(codeOf(() => plan([1], 0, 64))).toBe("BAD_ARGUMENT");
    expect(codeOf(() => plan([1], 512, 0))).toBe("BAD_ARGUMENT");
  });
});
