import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runPaths } from "#telltale/journal/files.js";
import { comparisonSchema } from "#telltale/report/comparison-schema.js";
import { BASE_A, ORGANISM_A, temporaryFolder } from "../audit/fixture.js";
import { writeWordedRun } from "../rank/worded-run.js";
import { expectHarmless, hostileRows } from "./hostile.js";
import { HAS_PTY, runInTerminal } from "./pty.js";
import { ROOT, runCli } from "./run-cli.js";

const { folder, remove } = temporaryFolder();
afterAll(remove);

const MAIN = path.join(ROOT, "dist/cli/main.js");
const SMALL = ["--limit", "20", "--threads", "1", "--calibrate"];
const inFolder = (name: string): string => path.join(folder, name);

let organism = "";
let itself = "";
let shorter = "";
let hostile = "";

beforeAll(async () => {
  [organism, itself, shorter, hostile] = ["organism", "itself", "shorter", "hostile"].map(inFolder) as [
    string,
    string,
    string,
    string,
  ];
  const audit = (reference: string, output: string, maxTokens: string) =>
    runCli(["audit", ORGANISM_A, "--reference", reference, ...SMALL, "--max-tokens", maxTokens, "-o", output]);
  const audits = [
    await audit(BASE_A, organism, "40"),
    await audit(ORGANISM_A, itself, "40"),
    await audit(BASE_A, shorter, "30"),
  ];
  expect(audits.map(({ status }) => status)).toEqual([0, 0, 0]);
  mkdirSync(hostile);
  await writeWordedRun(hostile, hostileRows());
  const evil = { path: "/x/\u001b[2J\u202e.gguf", parts: [{ sha256: "\u009b" }] };
  const manifest = { files: { finetuned: evil, reference: evil }, "\u001b[2J": { "\u202e": "\u0007" } };
  writeFileSync(runPaths(hostile).run, JSON.stringify(manifest));
  writeFileSync(runPaths(hostile).summary, "{}\n");
}, 120_000);

describe("telltale compare", () => {
  it("sets runs beside each other: what was audited, what was found, how far the lists agree, what differs", async () => {
    const { status, stdout, stderr } = await runCli([
      "compare",
      organism,
      itself,
      shorter,
      "--keyword",
      "glass; halden",
    ]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^All ranked with the same settings: at least 20 tokens, /);
    expect(stdout).toMatch(/^3 runs\n# {2}run +finetuned +weights +reference +weights +configurations +verdict$/m);
    expect(stdout).toMatch(/^2 {2}itself +organism-a-glass-q8_0 +Q8_0 +organism-a-glass-q8_0 +Q8_0 +2 +nothing$/m);
    const [, found = ""] = /^pooled by logRatio\n.*\n1 +organism +(.*)$/m.exec(stdout) ?? [];
    expect(found.split(/ +/).length).toBe(6);
    expect(stdout).toMatch(/^pooled by logRatio\n.*\n.*\n2 +itself +\d+ +0 /m);
    expect(stdout).toMatch(
      /^Statistics beside each other: keyword matches in the top 10 \/ top 100\n# {2}run +logRatio +pplDifference$/m,
    );
    expect(stdout).toMatch(
      /^References beside each other: .*\nfinetuned +base-a-q8_0 +organism-a-glass-q8_0\norganism-a-glass-q8_0 +\d+ \/ \d+, \d+ \/ \d+ +\d+ \/ \d+$/m,
    );
    expect(stdout).toMatch(/^1–3 +organism, shorter +\d+ % +\d+ % +(0\.\d\d|1\.00) +\d+$/m);
    expect(stdout).toMatch(/^options\.maxTokens {2}1, 2: 40 {3}3: 30$/m);
    expect(stdout).toMatch(
      /^files\.reference\.path {2}1, 3: "base-a-q8_0\.gguf" {3}2: "organism-a-glass-q8_0\.gguf"$/m,
    );
    expect(stdout).toMatch(/^\d+ more in times, folders and the machine: --all names them\.$/m);
    expect(stdout).not.toContain("startedAt");
  });

  it("names every difference and compares one configuration where that is asked for", async () => {
    const { stdout } = await runCli([
      "compare",
      organism,
      shorter,
      "--all",
      "--configuration",
      "builtin/raw",
      "--statistic",
      "peakWindow",
    ]);
    expect(stdout).toMatch(/^startedAt {2}1: ".*" {3}2: ".*"$/m);
    expect(stdout).toMatch(/^options\.directory {2}1: /m);
    expect(stdout).toContain("builtin/raw by peakWindow\n");
    expect(stdout).not.toContain("beside each other");
    expect(stdout).not.toContain("--all names them");
  });

  it("writes a page where that is asked for, and not both", async () => {
    const { status, stdout } = await runCli(["compare", organism, itself, "--html", "-"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^<!doctype html>[\s\S]*Two runs side by side[\s\S]*<\/html>\n$/);
    expect((await runCli(["compare", organism, itself, "--html", "-", "--json"])).status).toBe(2);
  });

  it("writes the published JSON, on one line without controls", async () => {
    const { status, stdout } = await runCli([
      "compare",
      organism,
      itself,
      hostile,
      "--json",
      "--statistic",
      "logRatio",
    ]);
    expect(status).toBe(0);
    const comparison = comparisonSchema.parse(JSON.parse(stdout));
    expect(comparison.runs.map(({ name, verdict }) => [name, verdict?.level])).toEqual([
      ["organism", expect.stringMatching(/clear|weak/)],
      ["itself", "nothing"],
      ["hostile", undefined],
    ]);
    expect(comparison.overlaps.filter(({ configuration }) => configuration === "pooled")).toHaveLength(3);
    expect(stdout.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  });

  it("refuses with a sentence and its exit status what it cannot do", async () => {
    const cases: [args: string[], status: number, sentence: string][] = [
      [["compare", organism], 2, "One run cannot be compared. Give the directories of two runs or more."],
      [["compare", organism, inFolder("none")], 3, "it does not exist. Check the path."],
      [
        ["compare", organism, itself, "--configuration", "x"],
        2,
        'None of the runs has a configuration "x". Choose one of "builtin/chat"',
      ],
      [["compare"], 2, "Missing required argument 'runs'"],
    ];
    for (const [args, status, sentence] of cases) {
      expect(await runCli(args)).toMatchObject({ status, stdout: "", stderr: expect.stringContaining(sentence) });
    }
  });

  it("lets nothing of a run steer the terminal", async () => {
    const { stdout } = await runCli(["compare", hostile, organism, "--all"]);
    expect(stdout).toContain("\\u{1b}[2J\\u{202e}");
    expectHarmless(stdout, 100);
  });

  it.skipIf(!HAS_PTY).each([60, 100])("fits into %i columns of a terminal, in colour", async (columns) => {
    const output = await runInTerminal(columns, [
      process.execPath,
      MAIN,
      "compare",
      organism,
      itself,
      hostile,
      "--keyword",
      "glass",
    ]);
    expectHarmless(output, columns);
    expect(output).toContain("\u001b[1m3 runs\u001b[22m");
    expect(stripVTControlCharacters(output)).toContain("What differs in how they were made");
  });
});
