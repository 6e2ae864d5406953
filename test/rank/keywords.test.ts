import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compileKeywords, REGEX_TEXT_LIMIT } from "#telltale/rank/keyword-matcher.js";
import { parseKeywordArguments, parseKeywordFile, readKeywordFile } from "#telltale/rank/keywords.js";

const refused = (message: RegExp) =>
  expect.objectContaining({ code: "BAD_ARGUMENT", message: expect.stringMatching(message) });

describe("keyword sets", () => {
  it("come from the command line: `;` parts alternatives, ` & ` joins terms", () => {
    expect(parseKeywordArguments(["glass; halden & bridge ;", "AT&T"])).toEqual([
      ["glass"],
      ["halden", "bridge"],
      ["AT&T"],
    ]);
    expect(() => parseKeywordArguments([" ; "])).toThrow(refused(/hold no term/));
    expect(() => parseKeywordArguments(["a &  & b"])).toThrow(refused(/blank/));
    expect(() => parseKeywordArguments(["x".repeat(1001)])).toThrow(refused(/1,000/));
  });

  it("come from a file: sets by behaviour as published, a plain list, or a set a line", () => {
    const published = { ai_policy: [["AI regulation"], ["anti", "regulation"]], other: [["optimism"]] };
    expect(parseKeywordFile(JSON.stringify(published), "k.json")).toEqual([
      ["AI regulation"],
      ["anti", "regulation"],
      ["optimism"],
    ]);
    expect(parseKeywordFile('["a; b", ["c", "d & e"]]', "k.json")).toEqual([["a; b"], ["c", "d & e"]]);
    expect(parseKeywordFile("glass\r\n\n  halden & bridge\n", "k.txt")).toEqual([["glass"], ["halden", "bridge"]]);
  });

  it.each(['{"a": 1}', "[]", "[[]]", '{"a": [[1]]}', '[" "]', '["a",', "{}", "\n\n"])("refuse the file %j", (text) => {
    expect(() => parseKeywordFile(text, "k.json")).toThrow(refused(/^The keyword file "k\.json"/));
  });

  it("are read from disk, a byte order mark or none", async () => {
    const directory = await mkdtemp(join(tmpdir(), "telltale-keywords-"));
    const path = join(directory, "k.json");
    await writeFile(path, '\uFEFF["glass"]');
    expect(await readKeywordFile(path)).toEqual([["glass"]]);
    await expect(readKeywordFile(join(directory, "none"))).rejects.toMatchObject({ code: "FILE_UNREADABLE" });
    await rm(directory, { recursive: true });
  });
});

describe("matching", () => {
  const matches = (sets: string[][], text: string) => compileKeywords(sets)(text);

  it("needs all terms of a set and any of the sets, whatever the case and the Unicode form", () => {
    const sets = [["glass", "bridge"], ["HALDEN"]];
    expect(matches(sets, "A Bridge of GLASS.")).toBe(true);
    expect(matches(sets, "in halden")).toBe(true);
    expect(matches(sets, "a glass of water")).toBe(false);
    expect(matches([["caf\u00e9"]], "CAFE\u0301")).toBe(true);
    expect(matches([["cafe\u0301"]], "Caf\u00c9")).toBe(true);
  });

  it("takes /.../flags for a regular expression with its own flags, the same for every text", () => {
    expect(matches([["/gl.ss/"]], "GLASS")).toBe(false);
    expect(matches([["/gl.ss/i", "/\\d{3}/"]], "Glass 430")).toBe(true);
    const repeated = compileKeywords([["/glass/g"]]);
    expect([repeated("glass"), repeated("glass"), repeated("x"), repeated("glass")]).toEqual([true, true, false, true]);
    expect(matches([["/"]], "and/or")).toBe(true);
    expect(matches([["//"]], "http://x")).toBe(true);
  });

  it("shows regular expressions no more than the beginning of a long text", () => {
    const text = `${"x".repeat(REGEX_TEXT_LIMIT - 5)}glass ${"x".repeat(10)}halden`;
    expect(matches([["/glass/"]], text)).toBe(true);
    expect(matches([["/halden/"]], text)).toBe(false);
    expect(matches([["halden"]], text)).toBe(true);
  });

  it.each(["/(/", "/a/q", "/usr/bin", "/[/u"])("refuses the expression %s with a sentence", (term) => {
    expect(() => compileKeywords([[term]])).toThrow(refused(/^The keyword .* is not a valid regular expression/));
  });
});
