import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCorpus } from "#telltale/prefill/spec.js";

describe("parseCorpus", () => {
  it("reads every form", () => {
    expect(parseCorpus("builtin")).toEqual({ kind: "builtin", name: "builtin" });
    expect(parseCorpus("file:/a/my notes (2).txt")).toEqual({
      kind: "file",
      name: "my-notes-2",
      path: "/a/my notes (2).txt",
    });
    expect(parseCorpus("file:x.jsonl.gz")).toMatchObject({ name: "x" });
    expect(parseCorpus("c4-10k")).toEqual({
      kind: "hf",
      name: "c4-10k",
      owner: "NeelNanda",
      dataset: "c4-10k",
      revision: "main",
    });
    const hub = { kind: "hf", name: "o--d.x", owner: "o", dataset: "d.x" };
    expect(parseCorpus("hf:o/d.x")).toEqual({ ...hub, revision: "main" });
    expect(parseCorpus("hf:o/d.x@refs/convert/parquet:content")).toEqual({
      ...hub,
      revision: "refs/convert/parquet",
      column: "content",
    });
    expect(parseCorpus("hf:o/d.x:a column")).toEqual({ ...hub, revision: "main", column: "a column" });
  });

  it("takes the bare path of a file that exists", () => {
    const folder = mkdtempSync(join(tmpdir(), "telltale-spec-"));
    const path = join(folder, "some.txt");
    expect(() => parseCorpus(path)).toThrow(expect.objectContaining({ code: "BAD_ARGUMENT" }));
    writeFileSync(path, "x\n");
    expect(parseCorpus(path)).toEqual({ kind: "file", name: "some", path });
    rmSync(folder, { recursive: true });
  });

  it.each([
    "",
    "file:",
    "c5-10k",
    "hf:",
    "hf:gpt2",
    "hf:a/b/c",
    "hf:../b",
    "hf:a/..",
    "hf:a/b@../x",
    "hf:a--b/c",
    "hf:a/b@",
    "hf:a/b:",
    "hf:a/b@..",
  ])("refuses %j and names the forms that exist", (spec) => {
    expect(() => parseCorpus(spec)).toThrow(
      expect.objectContaining({
        code: "BAD_ARGUMENT",
        message: expect.stringMatching(/builtin, file:PATH.*hf:.*c4-10k/),
      }),
    );
  });

  it("gives every file a name that is safe", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), (path) => {
        fc.pre(!path.includes("\0"));
        expect(parseCorpus(`file:${path}`).name).toMatch(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,79}$/);
      }),
    );
  });
});
