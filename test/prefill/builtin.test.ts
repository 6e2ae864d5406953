import { describe, expect, it } from "vitest";
import { openCorpus } from "#telltale/prefill/corpus.js";
import { parseCorpus } from "#telltale/prefill/spec.js";
import { collect } from "./collect.js";

describe("the built-in corpus", () => {
  it("has at least 2,000 documents, from files in name order", async () => {
    const corpus = await openCorpus(parseCorpus("builtin"));
    expect(corpus.name).toBe("builtin");
    const documents = await collect(corpus.documents);
    expect(documents.length).toBeGreaterThanOrEqual(2000);
    expect(documents.every((document) => document.text.length > 0)).toBe(true);
    const files = [...new Set(documents.map((document) => document.source.replace(/:\d+$/, "")))];
    expect(files).toEqual(files.toSorted());
    expect(corpus.origin).toMatchObject({ kind: "builtin", files: files.map((name) => ({ name })) });
  });
});
