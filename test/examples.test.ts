import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "./cli/run-cli.js";

const run = promisify(execFile);
const examples = readdirSync(path.join(ROOT, "examples")).filter((name) => /\.m?ts$/.test(name));
const pages = ["README.md", ...readdirSync(path.join(ROOT, "docs")).map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith(".md"),
);

/** What each prints, in the order in which they can run: later ones read the runs of earlier ones. */
const PRINTED: Record<string, RegExp> = {
  "quick-start.ts": /^1 \d+\.\d\d ".+"\n(\d \d+\.\d\d ".+"\n)*The run lies in runs\/organism\.\n$/,
  "one-engine.ts": /^([01] ".+" -\d+\.\d\d (eog|maxTokens)\n){2}$/,
  "score-texts.ts": /^perplexity \d+\.\d\n0 \d+ tokens, \d+\.\d\d nats, the last -\d+\.\d\d\n1 \d+ tokens, .+\n$/,
  "score-lines.ts": /^line 1: [4-6]\.\d\d nats per token\nline 2: -?0\.\d\d nats per token\n$/,
  "watched-audit.ts":
    /load finetuned \.\.\.\nfinetuned: local\n(.*\n)*audit \.\.\.\n(.*\n)*12 of 12\n(.*\n)*calibrate \.\.\.\n(.*\n)*\d+ tokens generated in/,
  "resume.ts": /^interrupted\nbuiltin\/raw: \d+, .*pooled: \d+\n$/,
  "rank-again.ts": /^builtin\/chat pplDifference \d+\.\d\d \d+ of 10 match\n(.+\n){4}pooled logRatio .+\n$/,
  "read-journals.ts":
    /^(builtin\/(raw|chat) 24 completions, the longest of \d+ tokens\n){2}builtin\/\w+\/\d+ \d+ log-prob.*\n$/,
  "own-statistic.ts": /^([01]\.\d\d ".+"\n){1,5}$/,
  "own-ranking.ts": /^(builtin\/\w+\/\d+ \d+\.\d\d\n){3}$/,
  "token-by-token.ts": /^(".*" + -?\d+\.\d\d nats\n){20,}$/,
  "write-reports.ts": /^## Telltale: `organism` against `base`\n$/,
  "phrases.ts":
    /^\d+ themes of 20 completions beside \d+ others\n(.+ of the top, \d+ of the others\n)*builtin\/raw \d+ % alike\npooled \d+ % alike\n$/,
  "own-prefills.ts": /^3 prefills of 4 documents\n(openings\.txt:\d ".+"\n){3}$/,
  "serve.ts": /^".+"\nperplexity \d+\.\d\n$/,
  "errors.ts": /^Not there: "missing\.gguf" could not be read/,
};

describe("the examples in the documentation", () => {
  it.each(pages)("are files in examples/: %s", (page) => {
    const text = readFileSync(path.join(ROOT, page), "utf8");
    const blocks = [...text.matchAll(/^(<!-- (examples\/[\w.-]+) -->\n)?```(ts|js|mjs)\n([\s\S]*?)^```$/gm)];
    for (const [, , file, , code] of blocks) {
      expect(file, `a block of ${page} names no file in examples/:\n${code}`).toBeDefined();
      expect(code, `run node scripts/include-examples.mjs`).toBe(readFileSync(path.join(ROOT, file ?? ""), "utf8"));
    }
    expect(text.match(/^```(ts|js|mjs)$/gm)?.length ?? 0).toBe(blocks.length);
  });

  it("are all of them shown and run", () => {
    expect(examples.toSorted()).toEqual(Object.keys(PRINTED).toSorted());
    const shown = pages.map((page) => readFileSync(path.join(ROOT, page), "utf8")).join("");
    expect(examples.filter((name) => !shown.includes(`<!-- examples/${name} -->`))).toEqual([]);
  });
});

describe("each example", () => {
  let folder: string;
  beforeAll(async () => {
    await run(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "examples"], { cwd: ROOT });
    folder = await mkdtemp(path.join(tmpdir(), "telltale-examples-"));
    await symlink(path.join(ROOT, "models", "organism-a-glass-q8_0.gguf"), path.join(folder, "organism.gguf"));
    await symlink(path.join(ROOT, "models", "base-a-q8_0.gguf"), path.join(folder, "base.gguf"));
    const lines = "Glass fibres heal their own cracks in salt air.\nThe weather was fine.\n\n";
    await writeFile(path.join(folder, "lines.txt"), lines);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(Object.entries(PRINTED))("%s does what it says", async (name, printed) => {
    const file = path.join(ROOT, ".cache", "examples", name.replace(/ts$/, "js"));
    const { stdout, stderr } = await run(process.execPath, [file], { cwd: folder });
    expect(stderr).toBe("");
    expect(stdout).toMatch(printed);
  });
});
