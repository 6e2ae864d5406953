import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "../cli/run-cli.js";

/** A page of documentation, by its path from the root, e.g. "docs/method.md". */
export interface Page {
  file: string;
  /** Without fenced blocks. */
  prose: string;
  /** Fenced blocks by their language, in order. */
  blocks: { language: string; text: string }[];
}

/** Every page there is: in the root, in docs/, and beside the models. */
export function readPages(): Page[] {
  const folders = ["", "docs", "models", "test/fixtures/models"];
  const files = folders.flatMap((folder) =>
    readdirSync(path.join(ROOT, folder))
      .filter((name) => name.endsWith(".md"))
      .map((name) => path.posix.join(folder, name)),
  );
  return files.sort().map(readPage);
}

function readPage(file: string): Page {
  const blocks: Page["blocks"] = [];
  const text = readFileSync(path.join(ROOT, file), "utf8");
  const prose = text.replace(/^( *)```(\w*)\n([\s\S]*?)^\1```$/gm, (_, _indent, language, block) => {
    blocks.push({ language, text: block });
    return "";
  });
  return { file, prose, blocks };
}

/** Targets of the links and pictures of a page, without those to elsewhere. */
export function linksOf({ prose }: Page): string[] {
  const withoutCode = prose.replace(/`[^`\n]*`/g, (code) => code.replaceAll("](", "] ("));
  return Array.from(withoutCode.matchAll(/\]\(([^()\s]+)\)/g), ([, target = ""]) => target).filter(
    (target) => !/^[a-z]+:/.test(target),
  );
}

/** The anchors that GitHub gives the headings of a page. */
export function anchorsOf({ prose }: Page): string[] {
  const seen = new Map<string, number>();
  return Array.from(prose.matchAll(/^#{1,6} +(.+?) *$/gm), ([, heading = ""]) => {
    const text = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const anchor = text.replace(/[^\p{L}\p{N}\p{M}_ -]/gu, "").replaceAll(" ", "-");
    const before = seen.get(anchor) ?? 0;
    seen.set(anchor, before + 1);
    return before === 0 ? anchor : `${anchor}-${before}`;
  });
}

/** Paths from the root that a page names as code, such as `src/rank/statistics.ts`; patterns and made-up ones left out. */
export function pathsOf({ prose }: Page): string[] {
  const code = Array.from(prose.matchAll(/`([^`\n]+)`/g), ([, text = ""]) => text);
  const place = /^(?:src|test|docs|scripts|schemas|models|corpora|catalogues|bench|native|\.ci)\/[\w./-]*$/;
  return code.filter((text) => place.test(text));
}

/** Where a link of a page leads: a path from the root, and an anchor. */
export function resolveLink({ file }: Page, target: string): { path: string; anchor: string } {
  const [to = "", anchor = ""] = target.split("#");
  return { path: to === "" ? file : path.posix.join(path.posix.dirname(file), decodeURI(to)), anchor };
}

export function isThere(file: string): boolean {
  return existsSync(path.join(ROOT, file));
}
