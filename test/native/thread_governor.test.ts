import { describe, expect, it } from "vitest";
import { loadAddon } from "#telltale/engine/native/addon.js";

/** One decode: seconds on the clock, cores that were really had, preemptions. */
type Decode = [wall: number, cores: number, preemptions: number];

const govern = (most: number, decodes: Decode[]): number[] =>
  Array.from(
    loadAddon().governThreads(
      most,
      Float64Array.from(decodes.flatMap(([wall, cores, preemptions]) => [wall, wall * cores, preemptions])),
    ),
  );

const times = (count: number, decode: Decode): Decode[] => Array.from({ length: count }, () => decode);

describe("the thread governor", () => {
  it("keeps all threads while their cores are theirs", () => {
    expect(new Set(govern(8, times(50, [0.2, 7.6, 1])))).toEqual(new Set([8]));
  });

  it("takes as many as there are cores left when others want them", () => {
    expect(govern(2, [[0.2, 1.5, 30]])).toEqual([1]);
    expect(govern(16, [[0.2, 11.9, 200]])).toEqual([11]);
  });

  it("never goes below one thread", () => {
    expect(
      govern(4, [
        [0.2, 0.3, 100],
        [0.2, 0.3, 100],
      ]),
    ).toEqual([1, 1]);
  });

  it("does not take idle cores for taken ones: reading weights preempts nobody", () => {
    expect(new Set(govern(8, times(20, [0.5, 1.2, 0])))).toEqual(new Set([8]));
  });

  it("rests its decision on a tenth of a second of decoding at least", () => {
    expect(govern(2, times(12, [0.03, 1.2, 3])).indexOf(1)).toBe(3);
  });

  it("tries all threads again after three seconds with fewer", () => {
    const threads = govern(4, [[0.2, 2.5, 50], ...times(40, [0.1, 2, 0] as Decode)]);
    expect(threads.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 2));
    expect(threads.lastIndexOf(2)).toBe(threads.indexOf(4, 1) - 1);
    expect(threads.at(-1)).toBe(4);
  });
});
