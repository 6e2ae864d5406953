import { describe, expect, it } from "vitest";
import { anchorsOf, isThere, linksOf, type Page, pathsOf, readPages, resolveLink } from "./pages.js";

const pages = readPages();
const pageOf = new Map(pages.map((page) => [page.file, page]));
const INDEX = "docs/README.md";

/** What is wrong with the links of a page. */
function brokenLinks(page: Page): string[] {
  return linksOf(page).flatMap((target) => {
    const { path, anchor } = resolveLink(page, target);
    if (!isThere(path)) return [`${target}: there is no ${path}`];
    const to = pageOf.get(path);
    return anchor === "" || to === undefined || anchorsOf(to).includes(anchor) ? [] : [`${target}: no such heading`];
  });
}

describe("the documentation", () => {
  it("is where it is looked for", () => {
    const wanted = ["ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "README.md", "SECURITY.md", INDEX];
    expect(pages.map(({ file }) => file)).toEqual(expect.arrayContaining(wanted));
  });

  it.each(pages.map((page) => [page.file, page] as const))(
    "%s links to pages, headings and pictures that are there",
    (_, page) => {
      expect(brokenLinks(page)).toEqual([]);
    },
  );

  it.each(pages.map((page) => [page.file, page] as const))("%s names files that are there", (_, page) => {
    expect(pathsOf(page).filter((path) => !isThere(path))).toEqual([]);
  });

  it("has every page in its index", () => {
    const index = pageOf.get(INDEX) as Page;
    const linked = new Set(linksOf(index).map((target) => resolveLink(index, target).path));
    const documents = pages.map(({ file }) => file).filter((file) => file.startsWith("docs/") && file !== INDEX);
    expect(documents.filter((file) => !linked.has(file))).toEqual([]);
  });

  it("begins with the two commands", () => {
    const readme = pageOf.get("README.md");
    const commands = readme?.blocks.filter(({ language }) => language === "sh").map(({ text }) => text.trim());
    expect(commands).toEqual(expect.arrayContaining(["npm ci && npm run demo", "npm ci && npm test"]));
  });

  it("is checked by what finds a wrong link", () => {
    const page: Page = { file: "docs/x.md", prose: "[a](method.md#no-such) [b](gone.md) `src/gone.ts`", blocks: [] };
    expect(brokenLinks(page)).toEqual(["method.md#no-such: no such heading", "gone.md: there is no docs/gone.md"]);
    expect(pathsOf(page)).toEqual(["src/gone.ts"]);
    expect(anchorsOf({ ...page, prose: "## How `a`, b & c\n\n# Twice\n\n## Twice\n" })).toEqual([
      "how-a-b--c",
      "twice",
      "twice-1",
    ]);
  });
});
