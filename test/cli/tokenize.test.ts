import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";

const MODEL = "test/fixtures/models/base-a-f16.gguf";
const folder = mkdtempSync(path.join(tmpdir(), "telltale-tokenize-"));
afterAll(() => rmSync(folder, { recursive: true }));

function tokenize(args: string[], input = ""): { status: number | null; stdout: string; stderr: string } {
  const command = ["dist/cli/main.js", "tokenize", MODEL, ...args];
  return spawnSync(process.execPath, command, { encoding: "utf8", input });
}

interface Tokens {
  model: string;
  count: number;
  tokens: { id: number; text: string }[];
}

function json(args: string[], input?: string): Tokens {
  return JSON.parse(tokenize([...args, "--json"], input).stdout) as Tokens;
}

describe("telltale tokenize", () => {
  test("gives the pieces that make up the text, the same from argument, file and standard input", () => {
    const text = "The keeper said: hello there\nand left.";
    writeFileSync(path.join(folder, "text.txt"), text);
    const argument = json([text]);
    expect(argument.tokens.map((token) => token.text).join("")).toBe(text);
    expect(argument.count).toBe(argument.tokens.length);
    expect(argument.count).toBeGreaterThan(3);
    expect(json(["--file", path.join(folder, "text.txt")])).toEqual(argument);
    expect(json([], text)).toEqual(argument);
    expect(json(["--file", "-"], text)).toEqual(argument);
    expect(json(["--in-process", text])).toEqual(argument);
  });

  test("takes special tokens for text unless they are asked for", () => {
    const text = "<|im_end|>";
    expect(json([text]).count).toBeGreaterThan(1);
    expect(
      json([text])
        .tokens.map((token) => token.text)
        .join(""),
    ).toBe(text);
    const parsed = json([text, "--parse-special"]);
    expect(parsed.tokens.length).toBeLessThanOrEqual(json([text]).count);
    expect(parsed.tokens.map((token) => token.text).join("")).toBe(text);
  });

  test("lets nothing of the text steer a terminal, and shows parts of characters as bytes", () => {
    const { stdout, stderr } = tokenize(["\u001b[31mred\u0007\né"]);
    expect(stdout).not.toContain("\u001b");
    expect(stdout).not.toContain("\u0007");
    const rows = stdout.trimEnd().split("\n");
    expect(stderr).toContain(`${rows.length} tokens`);
    for (const row of rows) expect(row).toMatch(/^ *\d+ {2}(".*"|bytes( [0-9a-f]{2})+)$/);
  });

  test("refuses a text given twice, a missing file and bytes that are no UTF-8, each in a sentence", () => {
    const twice = tokenize(["a", "--file", "b"]);
    expect(twice.status).toBe(2);
    expect(twice.stderr).toContain("Both a text and --file were given");
    const missing = tokenize(["--file", path.join(folder, "none.txt")]);
    expect(missing.status).toBe(3);
    expect(missing.stderr).toContain("does not exist");
    writeFileSync(path.join(folder, "latin1.txt"), Uint8Array.of(0x63, 0x61, 0x66, 0xe9));
    const latin = tokenize(["--file", path.join(folder, "latin1.txt")]);
    expect(latin.status).toBe(3);
    expect(latin.stderr).toContain("no UTF-8 text");
    expect(latin.stdout).toBe("");
  });
});
