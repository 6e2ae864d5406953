import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "./cli/run-cli.js";

const read = (file: string): string => readFileSync(path.join(ROOT, file), "utf8");

describe("the promises in docs/reliability.md", () => {
  const rows = read("docs/reliability.md")
    .split("\n")
    .filter((line) => line.startsWith("|") && !/^\|( promise |-)/.test(line));

  it("each name tests that are there", () => {
    expect(rows.length).toBeGreaterThan(30);
    for (const row of rows) {
      const files = [...row.matchAll(/`(test\/[^`]+)`/g)].map(([, file = ""]) => file);
      expect(files, row).not.toEqual([]);
      expect(
        files.filter((file) => !existsSync(path.join(ROOT, file))),
        row,
      ).toEqual([]);
    }
  });
});

describe("SECURITY.md", () => {
  it("is in the package, and names files that are there", () => {
    expect((JSON.parse(read("package.json")) as { files: string[] }).files).toContain("SECURITY.md");
    const files = [...read("SECURITY.md").matchAll(/`(src\/[^`]+)`|\]\(([^)#]+)\)/g)].map(
      (match) => match[1] ?? match[2],
    );
    expect(files.length).toBeGreaterThan(3);
    expect(files.filter((file) => file === undefined || !existsSync(path.join(ROOT, file)))).toEqual([]);
  });
});
