import { homedir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pathWithin } from "#telltale/prefill/hub/cache.js";
import { selectDataFiles } from "#telltale/prefill/hub/select.js";
import { hubSettings } from "#telltale/prefill/hub/settings.js";

describe("the hub's settings", () => {
  it("come from options before the environment, and have defaults", () => {
    expect(hubSettings({}, {})).toMatchObject({
      endpoint: "https://huggingface.co",
      token: undefined,
      cacheFolder: join(homedir(), ".cache", "telltale"),
    });
    const env = { HF_ENDPOINT: "https://mirror.example/hub/", HF_TOKEN: " hf_x\n", XDG_CACHE_HOME: "/xdg" };
    expect(hubSettings({}, env)).toMatchObject({
      endpoint: "https://mirror.example/hub",
      token: "hf_x",
      cacheFolder: "/xdg/telltale",
    });
    expect(hubSettings({}, { ...env, TELLTALE_CACHE: "/own" }).cacheFolder).toBe("/own");
    const options = { endpoint: "http://localhost:1", token: "other", cacheFolder: "/given" };
    expect(hubSettings(options, env)).toMatchObject(options);
  });

  it.each(["ftp://x", "huggingface.co", "https://user:pass@x", "https://x?token=1"])("refuse %s", (endpoint) => {
    expect(() => hubSettings({ endpoint }, {})).toThrow(expect.objectContaining({ code: "BAD_ARGUMENT" }));
  });

  it("refuse a token that is none, without repeating it", () => {
    const refusal = expect.objectContaining({ code: "BAD_ARGUMENT", message: expect.not.stringContaining("secret") });
    expect(() => hubSettings({ token: "secret\nx: y" }, {})).toThrow(refusal);
  });
});

describe("file names from the hub", () => {
  it("stay within the folder, whatever they are", () => {
    const part = fc.oneof(fc.constantFrom("..", ".", "", "a", "c:", "\\", "..\\x", "x."), fc.string({ maxLength: 5 }));
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
        let path: string;
        try {
          path = pathWithin("/cache/root", parts.join("/"));
        } catch (error) {
          expect(error).toMatchObject({ code: "DOWNLOAD_FAILED" });
          return;
        }
        expect(path).toBe(`/cache/root/${parts.join("/")}`);
        expect(path.split("/")).not.toContain("..");
      }),
      { numRuns: 2000 },
    );
  });

  it("are kept where they are ordinary", () => {
    expect(pathWithin("/c", "data/train-00000-of-00001-fe3a6ad.parquet")).toBe(
      "/c/data/train-00000-of-00001-fe3a6ad.parquet",
    );
    expect(pathWithin("/c", "a b/ünï=1.jsonl.gz")).toBe("/c/a b/ünï=1.jsonl.gz");
  });

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
