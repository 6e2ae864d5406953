import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8Spans } from "#telltale/engine/bytes/utf8.js";
import { anyBytes } from "./texts.js";

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function isText(bytes: Uint8Array): boolean {
  try {
    strict.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

describe("utf8Spans", () => {
  it("tells what the platform's decoder takes from what it does not", () => {
    // Every lead with second bytes around the limits of the standard's table.
    const edges = [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff];
    for (let lead = 0x80; lead < 0x100; lead++) {
      for (const second of edges) {
        const bytes = Uint8Array.of(lead, second, 0x80, 0xbf);
        for (let length = 1; length <= bytes.length; length++) {
          const cut = bytes.subarray(0, length);
          const one = utf8Spans(cut);
          expect([cut, one.length === 1 && one[0]?.wellFormed === true]).toEqual([cut, isText(cut)]);
        }
      }
    }
  });

  it("covers every byte, and no part could be longer", () => {
    fc.assert(
      fc.property(fc.oneof(anyBytes, fc.uint8Array()), (bytes) => {
        const spans = utf8Spans(bytes);
        expect(spans.map(({ start }) => start)).toEqual(
          spans.length === 0 ? [] : [0, ...spans.slice(0, -1).map(({ end }) => end)],
        );
        expect(spans.at(-1)?.end ?? 0).toBe(bytes.length);
        for (const [i, { start, end, wellFormed }] of spans.entries()) {
          expect(wellFormed).not.toBe(spans[i + 1]?.wellFormed);
          if (wellFormed) expect(isText(bytes.subarray(start, end))).toBe(true);
          // No character begins and ends in a part that is none.
          for (let at = start; !wellFormed && at < end; at++) {
            for (let to = at + 1; to <= Math.min(at + 4, bytes.length); to++) {
              expect(isText(bytes.subarray(at, to))).toBe(false);
            }
          }
        }
      }),
    );
  });
});
