import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "../cli/run-cli.js";
import { type Page, readPages } from "./pages.js";

interface CommandTree {
  global: string[];
  commands: Record<string, string[]>;
}

const dumped = execFileSync(
  process.execPath,
  ["--import", path.join(ROOT, "test/docs/dump-commands.mjs"), "dist/cli/main.js"],
  { cwd: ROOT, encoding: "utf8" },
);
const tree = JSON.parse(dumped) as CommandTree;
const scripts = Object.keys(JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")).scripts);
const pages = readPages();

/** Lines of shell in a page: in `sh` blocks, indented, and commands named in a sentence. */
function shellLines({ prose, blocks }: Page): string[] {
  const fenced = blocks.filter(({ language }) => language === "sh").map(({ text }) => text);
  const indented = Array.from(prose.matchAll(/^ {4}(.*(?:\\\n.*)*)$/gm), ([, text = ""]) => text);
  const inline = Array.from(prose.matchAll(/`((?:npx )?telltale [^`]*|npm run [^`]*)`/g), ([, text = ""]) => text);
  return [...fenced, ...indented, ...inline].flatMap((text) => text.replace(/\\\n/g, " ").split("\n"));
}

/** Words of the first command of a line that begins with these words; quotes taken off, comments and what follows left out. */
function wordsAfter(line: string, start: RegExp): string[] | null {
  const from = start.exec(line);
  if (from === null) return null;
  const words = line.slice(from.index + from[0].length).match(/"[^"]*"|'[^']*'|[^\s"']+/g) ?? [];
  const end = words.findIndex((word) => /^(?:#|\||&&|>|;)/.test(word));
  return end < 0 ? words : words.slice(0, end);
}

/** What is wrong with the commands of a page. */
function wrongCommands(page: Page): string[] {
  return shellLines(page).flatMap((line) => {
    const script = /\bnpm run (?:--silent )?([\w:-]+)/.exec(line)?.[1];
    if (script !== undefined && !scripts.includes(script)) return [`${line.trim()}: there is no script ${script}`];
    const words = wordsAfter(line, /^\s*(?:[A-Z_]+=\S+ )*(?:npx )?telltale /);
    const [command = "", ...rest] = words ?? [];
    if (words === null || command === "" || /[A-Z.]/.test(command)) return [];
    const own = command.startsWith("-") ? [] : tree.commands[command];
    if (own === undefined) return [`${line.trim()}: there is no command ${command}`];
    const known = [...own, ...tree.global, "-h", "--help"];
    const used = (command.startsWith("-") ? words : rest).filter((word) => /^--?[a-z]/.test(word));
    const unknown = used.map((word) => word.replace(/=.*/, "")).filter((flag) => !known.includes(flag));
    return unknown.map((flag) => `${line.trim()}: ${command} has no ${flag}`);
  });
}

describe("commands in the documentation", () => {
  it("are compared with those there are", () => {
    expect(Object.keys(tree.commands)).toEqual(expect.arrayContaining(["audit", "rank", "report"]));
    expect(tree.commands.audit).toEqual(expect.arrayContaining(["--reference", "-o", "--output"]));
    expect(pages.flatMap(shellLines).filter((line) => /telltale audit .*--/.test(line)).length).toBeGreaterThan(10);
  });

  it.each(pages.map((page) => [page.file, page] as const))("%s has none that are not there", (_, page) => {
    expect(wrongCommands(page)).toEqual([]);
  });

  it("are found where they are wrong", () => {
    const text = "npx telltale audit x.gguf --refrence b.gguf # --no\ntelltale odit x | telltale\nnpm run nothing\n";
    const page = { file: "x.md", prose: "", blocks: [{ language: "sh", text }] };
    expect(wrongCommands(page)).toEqual([
      "npx telltale audit x.gguf --refrence b.gguf # --no: audit has no --refrence",
      "telltale odit x | telltale: there is no command odit",
      "npm run nothing: there is no script nothing",
    ]);
  });
});
