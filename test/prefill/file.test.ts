import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { parquetWriteFile } from "hyparquet-writer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openCorpus } from "#telltale/prefill/corpus.js";
import { parseCorpus } from "#telltale/prefill/spec.js";
import { collect } from "./collect.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "telltale-files-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function documents(name: string, content?: string | Buffer, column?: string) {
  const path = join(folder, name);
  if (content !== undefined) await writeFile(path, content);
  const corpus = await openCorpus(parseCorpus(`file:${path}`), { column });
  return collect(corpus.documents);
}

async function texts(name: string, content?: string | Buffer, column?: string) {
  return (await documents(name, content, column)).map((document) => document.text);
}

const failure = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

describe("corpus files", () => {
  it("of text hold one document a line, nothing stripped, empty lines left out", async () => {
    const content = "\uFEFF first\t\r\n\n  \nsecond\u2028same\nläst";
    expect(await documents("a.txt", content)).toEqual([
      { text: " first\t", source: "a.txt:1" },
      { text: "  ", source: "a.txt:3" },
      { text: "second\u2028same", source: "a.txt:4" },
      { text: "läst", source: "a.txt:5" },
    ]);
    expect(await texts("a.txt.gz", gzipSync(content))).toEqual([" first\t", "  ", "second\u2028same", "läst"]);
  });

  it("of JSON Lines hold one record a line, in the field asked for", async () => {
    const content = '{"text":"one","body":"uno"}\n\n{"text":"two\\nlines","body":"dos"}\n"bare"\n{"text":null}\n';
    expect(await texts("a.jsonl", content)).toEqual(["one", "two\nlines", "bare", ""]);
    expect(await texts("a.ndjson.gz", gzipSync(content))).toEqual(["one", "two\nlines", "bare", ""]);
    expect(await texts("b.jsonl", content.split("\n").slice(0, 3).join("\n"), "body")).toEqual(["uno", "dos"]);
  });

  it("of one JSON array are read element by element, whatever the texts hold", async () => {
    const record = fc.record({ text: fc.string({ unit: "grapheme" }), other: fc.jsonValue() });
    await fc.assert(
      fc.asyncProperty(fc.array(record, { maxLength: 8 }), fc.constantFrom(0, 1, 3), async (records, indent) => {
        const content = JSON.stringify(records, null, indent);
        expect(await texts("p.json", content)).toEqual(records.map((one) => one.text));
      }),
      { numRuns: 60 },
    );
    expect(await texts("q.json.gz", gzipSync('["one", "t,]wo"]\n'))).toEqual(["one", "t,]wo"]);
  });

  it("of every size are the same in pieces as whole", async () => {
    const many = Array.from({ length: 9000 }, (_, i) => `${`${i} `.repeat(i % 40)}ü€😀`);
    expect(await texts("big.txt", many.join("\n"))).toEqual(many);
    expect(await texts("big.json", JSON.stringify(many))).toEqual(many);
  });

  it("of Parquet are read over all row groups, with every codec Node.js brings", async () => {
    const data = Array.from({ length: 25 }, (_, i) => (i === 7 ? null : `row ${i}`));
    const expected = data.map((text) => text ?? "");
    for (const [codec, compressors] of [
      ["SNAPPY", {}],
      ["UNCOMPRESSED", {}],
      ["GZIP", { GZIP: (bytes: Uint8Array) => gzipSync(bytes) }],
      ["BROTLI", { BROTLI: (bytes: Uint8Array) => brotliCompressSync(bytes) }],
    ] as const) {
      const filename = join(folder, `${codec}.parquet`);
      const other = data.map((_, i) => i);
      parquetWriteFile({
        filename,
        codec,
        compressors,
        rowGroupSize: 10,
        columnData: [
          { name: "id", data: other, type: "INT32" },
          { name: "text", data, type: "STRING" },
        ],
      });
      expect(await texts(`${codec}.parquet`)).toEqual(expected);
    }
    expect((await documents("SNAPPY.parquet"))[24]).toEqual({ text: "row 24", source: "SNAPPY.parquet:25" });
    await expect(texts("SNAPPY.parquet", undefined, "body")).rejects.toThrow(
      failure("BAD_CORPUS", /no column "body".*"id", "text"/),
    );
    await expect(texts("SNAPPY.parquet", undefined, "id")).rejects.toThrow(
      failure("BAD_CORPUS", /row 1,.*other than text/),
    );
  });

  it.each<[string, string | Buffer, RegExp]>([
    ["x.jsonl", '{"text":"a"}\n{"text":\n', /"x.jsonl", line 2, is not valid JSON/],
    ["x.jsonl", '{"text":"a"}\n\n{"body":"b"}\n', /line 3, has no field "text".*"body"/],
    ["x.jsonl", '{"text":5}', /line 1, holds something other than text/],
    ["x.jsonl", "[1]", /line 1, is neither/],
    ["x.txt", Buffer.from([0x61, 0x0a, 0xff, 0x0a]), /line 2, is not valid UTF-8/],
    ["x.txt.gz", gzipSync("hello hello hello").subarray(0, 20), /not a whole gzip file/],
    ["x.txt.gz", "plain", /not a whole gzip file/],
    ["x.json", '{"text":"a"}', /must be one array/],
    ["x.json", '["a",\n"b"', /line 2: the array does not end/],
    ["x.json", '["a",]', /element 2 .*not valid JSON/],
    ["x.json", '["a"] ["b"]', /after the end of the array/],
    ["x.json", "", /empty or cut off/],
    ["x.parquet", "PAR1 this is not parquet PAR1", /cannot be read as a Parquet file/],
    ["x.csv", "a,b", /no known corpus format/],
    ["x.parquet.gz", "", /no known corpus format/],
  ])("that are broken are refused with the place: %s %j", async (name, content, message) => {
    await expect(texts(name, content)).rejects.toThrow(failure("BAD_CORPUS", message));
  });

  it("that are not there, or no files, are refused", async () => {
    await expect(texts("none.txt")).rejects.toThrow(failure("FILE_UNREADABLE", /does not exist/));
    await expect(texts(".")).rejects.toThrow(failure("FILE_UNREADABLE", /is a directory/));
  });

  it("can be left early and read again", async () => {
    const path = join(folder, "again.txt.gz");
    await writeFile(path, gzipSync("one\ntwo\n".repeat(50_000)));
    const corpus = await openCorpus(parseCorpus(path));
    for (let time = 0; time < 2; time++) {
      for await (const document of corpus.documents) {
        expect(document.text).toBe("one");
        break;
      }
    }
  });
});
