import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Head } from "#telltale/audit/heads.js";
import { waveCompletions, waves } from "#telltale/audit/waves.js";

const RAW: Head = { format: "raw", tokens: new Int32Array(0), chat: null };
const CHAT: Head = {
  format: "chat",
  tokens: Int32Array.of(1, 2),
  chat: { text: "", systemMerged: false, templateHash: "", system: "", user: "" },
};
const corpus = (name: string, prefills: number) => ({
  name,
  origin: { kind: "builtin" as const, files: [] },
  prefills: Array.from({ length: prefills }, (_, i) => Int32Array.of(i)),
  counts: { documents: prefills, tooShort: 0, duplicates: 0, kept: prefills, beyondLimit: 0 },
  digest: "",
});

describe("waves", () => {
  it("cover every prefill of every corpus in every format once, in order, whole prefills to a wave", () => {
    fc.assert(
      fc.property(
        fc.nat(700),
        fc.nat(90),
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 256 }),
        (a, b, samples, slots) => {
          const options = { samples, slots };
          const seen = new Map<string, number[]>();
          for (const wave of waves([corpus("a", a), corpus("b", b)], [RAW, CHAT], options)) {
            const places = seen.get(wave.configuration) ?? [];
            expect(wave.first).toBe(places.length);
            expect(wave.prefills.length * samples).toBeLessThanOrEqual(waveCompletions(options));
            places.push(...wave.prefills.map((prefill) => prefill[0] ?? -1));
            seen.set(wave.configuration, places);
          }
          for (const [name, count] of Object.entries({ "a/raw": a, "a/chat": a, "b/raw": b, "b/chat": b })) {
            expect(seen.get(name) ?? []).toEqual(Array.from({ length: count }, (_, i) => i));
          }
        },
      ),
    );
  });
});
