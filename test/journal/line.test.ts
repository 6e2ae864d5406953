import { crc32 } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeLine, encodeLine } from "#telltale/journal/line.js";

describe("a line of a journal", () => {
  it("is the record's JSON with the checksum of that JSON as its last field", () => {
    const json = '{"id":"a/raw/0","n":[1,2]}';
    const checksum = crc32(json).toString(16).padStart(8, "0");
    expect(encodeLine({ id: "a/raw/0", n: [1, 2] })).toBe(`{"id":"a/raw/0","n":[1,2],"crc32":"${checksum}"}\n`);
    // 0xcbf43926 is the check value that the definition of CRC-32 gives for "123456789".
    expect(crc32("123456789")).toBe(0xcbf43926);
  });

  it("gives any record back", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue()), (record) => {
        const plain = JSON.parse(JSON.stringify(record));
        const line = encodeLine(record);
        expect(line.indexOf("\n")).toBe(line.length - 1);
        expect(decodeLine(line)).toEqual({ status: "ok", record: plain });
      }),
    );
  });

  it("keeps a field of the record that is itself named crc32, and an empty record", () => {
    for (const record of [{ crc32: "00000000" }, { a: 1, crc32: "deadbeef" }, {}]) {
      expect(decodeLine(encodeLine(record))).toEqual({ status: "ok", record });
    }
  });

  it("is torn when cut anywhere before its newline", () => {
    const line = encodeLine({ id: "x", text: 'a "quoted" ü' });
    for (let end = 0; end < line.length; end += 1) expect(decodeLine(line.slice(0, end)).status).toBe("torn");
  });

  it("is damaged when any one byte is another", () => {
    const bytes = Buffer.from(encodeLine({ id: "x", logprobs: "AACAPw==" }));
    for (let at = 0; at < bytes.length - 1; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] as number) ^ 1;
      expect(decodeLine(changed.toString()).status, `byte ${at}`).toBe("damaged");
    }
  });
});
