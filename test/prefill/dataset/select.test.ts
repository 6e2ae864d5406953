import { describe, expect, it } from "vitest";
import { selectDataFiles } from "#telltale/prefill/dataset/select.js";

describe("a dataset's files", () => {
  it.each([
    [
      ["b.parquet", "a.parquet", "x.jsonl"],
      ["a.parquet", "b.parquet"],
    ],
    [["x/train-1.parquet", "data/test-1.parquet", "data/train-1.parquet"], ["data/train-1.parquet"]],
    [["other/train/0.parquet", "default/train/0.parquet", "default/test/0.parquet"], ["default/train/0.parquet"]],
    [["constraint.jsonl", "other.txt"], ["constraint.jsonl"]],
  ])("of %j these are the documents: %j", (paths, selected) => {
    expect(
      selectDataFiles(
        "o/d",
        paths.map((path) => ({ path })),
      ).map((file) => file.path),
    ).toEqual(selected);
  });

  it("without data are refused with a way out", () => {
    expect(() => selectDataFiles("o/d", [{ path: "README.md" }])).toThrow(/refs\/convert\/parquet/);
  });
});
