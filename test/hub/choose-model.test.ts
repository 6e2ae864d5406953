import { describe, expect, it } from "vitest";
import { chooseModel } from "#telltale/hub/choose-model.js";
import { nameOfFile, parseModelName } from "#telltale/hub/model-name.js";

describe("a model's name", () => {
  it.each([
    ["hf:Own-er/re.po_1", { revision: "main" }],
    ["hf:o/r@v1.2", { revision: "v1.2" }],
    ["hf:o/r/a.gguf", { revision: "main", file: "a.gguf" }],
    ["hf:o/r@refs/pr/3/dir/a@b.gguf", { revision: "refs/pr/3", file: "dir/a@b.gguf" }],
    ["hf:o/r@feature%2Fx/dir/A.GGUF", { revision: "feature/x", file: "dir/A.GGUF" }],
    ["hf:o/r:UD-Q4_K_XL", { revision: "main", quantisation: "UD-Q4_K_XL" }],
    ["hf:o/r@0123456789abcdef0123456789abcdef01234567:q8_0", { quantisation: "q8_0" }],
  ])("%s is taken apart", (spec, parts) => {
    expect(parseModelName(spec)).toMatchObject({ spec, repository: { kind: "model" }, ...parts });
  });

  it.each([
    ["hf:o/r@refs/pr/3", "hf:o/r@refs/pr/3/x/a.gguf"],
    ["hf:o/r@a%2Fb:Q8_0", "hf:o/r@a%2Fb/x/a.gguf"],
    ["hf:o/r", "hf:o/r/x/a.gguf"],
  ])("%s is the beginning of its files' names", (spec, name) => {
    expect(nameOfFile(parseModelName(spec), "x/a.gguf")).toBe(name);
    expect(parseModelName(name)).toMatchObject({ file: "x/a.gguf", revision: parseModelName(spec).revision });
  });

  it.each([
    "hf:",
    "hf:repo",
    "hf:../r",
    "hf:o/..",
    "hf:o/r@../../x",
    "hf:o/r@a..b",
    "hf:o/r@a%2F..%2Fb:Q4",
    "hf:o/r@/a.gguf",
    "hf:o/r/../../a.gguf",
    "hf:o/r//a.gguf",
    "hf:o/r/a.safetensors",
    "hf:o/r/a\\b.gguf",
    "hf:o/r:Q4*",
    "hf:o/r:",
    "hf:o--p/r",
    "hf:o/r\n/a.gguf",
  ])("%j is refused", (spec) => {
    expect(() => parseModelName(spec)).toThrow(
      expect.objectContaining({ code: "BAD_ARGUMENT", message: expect.stringContaining("hf:OWNER/REPO:Q4_K_M") }),
    );
  });
});

function chosen(spec: string, paths: readonly string[]): string[] {
  const files = paths.map((path, i) => ({ path, size: (i + 1) * 1_000_000 }));
  return chooseModel(parseModelName(spec), files).map(({ path }) => path);
}

const MANY = ["README.md", "m-Q4_K_M.gguf", "m-Q4_K_S.gguf", "m-BF16.gguf", "F16/m-F16.gguf", "mmproj-m-F16.gguf"];
const SPLIT = ["big/m-Q8_0-00001-of-00003.gguf", "big/m-Q8_0-00002-of-00003.gguf", "big/m-Q8_0-00003-of-00003.gguf"];

describe("the file that a name means", () => {
  it.each([
    ["hf:o/r", ["README.md", "only.gguf", "mmproj-only.gguf", "imatrix.gguf", "mtp-only.gguf"], ["only.gguf"]],
    ["hf:o/r:Q4_K_M", MANY, ["m-Q4_K_M.gguf"]],
    ["hf:o/r:q4_k_m", MANY, ["m-Q4_K_M.gguf"]],
    ["hf:o/r:F16", MANY, ["F16/m-F16.gguf"]],
    ["hf:o/r:bf16", MANY, ["m-BF16.gguf"]],
    ["hf:o/r:4_K_S", MANY, ["m-Q4_K_S.gguf"]],
    ["hf:o/r/mmproj-m-F16.gguf", MANY, ["mmproj-m-F16.gguf"]],
    ["hf:o/r:Q8_0", [...MANY, ...SPLIT.toReversed()], SPLIT],
    ["hf:o/r", SPLIT, SPLIT],
    ["hf:o/r/big/m-Q8_0-00002-of-00003.gguf", SPLIT, SPLIT],
    ["hf:o/r:Q8_0", ["Q8_0/m.gguf", "m.q8_0.gguf"], ["m.q8_0.gguf"]],
  ])("by %s of %j is %j", (spec, paths, files) => {
    expect(chosen(spec, paths)).toEqual(files);
  });

  it("is listed with its size where several fit, each by a name that means it", () => {
    const message = refusal("hf:o/r@v1", [...MANY, ...SPLIT]);
    expect(message).toContain('There are 5 GGUF models. Name one of these: "hf:o/r@v1/F16/m-F16.gguf" (5.0 MB), ');
    expect(message).toContain('"hf:o/r@v1/big/m-Q8_0-00001-of-00003.gguf" (3 parts, 24.0 MB)');
    expect(message).not.toContain("mmproj");
    const names = [...message.matchAll(/"(hf:[^"]+\.gguf)"/g)].map(([, name]) => name ?? "");
    expect(names.map((name) => chosen(name, [...MANY, ...SPLIT])[0])).toHaveLength(5);
    expect(refusal("hf:o/r:Q4_K_M", ["a-Q4_K_M.gguf", "b-Q4_K_M.gguf", "c-Q8_0.gguf"])).not.toContain("c-Q8_0");
  });

  it("is said not to be there, with what there is", () => {
    expect(refusal("hf:o/r:Q2_K", MANY)).toMatch(/no GGUF model of the quantisation Q2_K\. Name one of these: .*BF16/);
    expect(refusal("hf:o/r/x.gguf", MANY)).toMatch(/no file "x\.gguf"\. Name one of these/);
    expect(refusal("hf:o/r", ["model.safetensors", "mmproj.gguf"])).toContain("convert_hf_to_gguf.py");
    expect(refusal("hf:o/r", SPLIT.slice(0, 2))).toContain("part 3 is not there");
    expect(refusal("hf:o/r", ["x-00001-of-99999.gguf", "y.gguf"])).toContain("2 GGUF models");
  });

  it("cannot break the sentence that lists it", () => {
    const message = refusal("hf:o/r", ["a\u001b[2J.gguf", 'b".gguf']);
    expect(message).toContain(String.raw`"hf:o/r/a\u{1b}[2J.gguf" (1.0 MB), "hf:o/r/b\".gguf"`);
    expect(message).not.toContain("\u001b");
  });
});

function refusal(spec: string, paths: readonly string[]): string {
  try {
    chosen(spec, paths);
  } catch (error) {
    expect(error).toMatchObject({ code: "BAD_ARGUMENT" });
    return (error as Error).message;
  }
  throw new Error("nothing was refused");
}
