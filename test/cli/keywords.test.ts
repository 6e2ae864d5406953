import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { displayWidth } from "#telltale/cli/terminal/width.js";
import { runPaths } from "#telltale/journal/files.js";
import { keywordReportSchema } from "#telltale/rank/keyword-report.js";
import { summarizeKeywords } from "#telltale/rank/keyword-summary.js";
import { parseKeywordArguments } from "#telltale/rank/keywords/parse.js";
import { readKeywordFile } from "#telltale/rank/keywords/read.js";
import { rankRun } from "#telltale/rank/run.js";
import { presetRankSettings } from "#telltale/rank/settings.js";
import { STATISTIC_NAMES } from "#telltale/rank/statistics.js";
import { keywordsOf, type Row, writeRun } from "../rank/fixture.js";
import { HAS_PTY, runInTerminal } from "./pty.js";
import { runCli } from "./run-cli.js";

const MAIN = fileURLToPath(import.meta.resolve("#telltale/cli/main.js"));
const directories: string[] = [];
let run = "";
let file = "";

/**
 * 240 completions, the even ones in c0/raw, the odd ones in c1/raw, each less likely to the reference than the next by every
 * statistic: all texts are of one length. So number i has rank i + 1 of all, and rank floor(i / 2) + 1 of its configuration.
 */
function someRows(texts: (i: number) => string): Row[] {
  const tokens = 25;
  return Array.from({ length: 240 }, (_, i) => ({
    id: `c${i % 2}/raw/${i}`,
    configuration: `c${i % 2}/raw`,
    text: texts(i).padEnd(60, "."),
    stop: "maxTokens",
    finetuned: new Array<number>(tokens).fill(-1),
    reference: new Array<number>(tokens).fill(-1 - (240 - i) / 100),
  }));
}

/** Glass at ranks 1, 21, 41, 61, 81 and 101 of c0/raw, and 3 and 4 of c1/raw; a bridge at rank 116 of c1/raw. */
function glassAndBridge(i: number): string {
  if (i % 40 === 0 || i === 5 || i === 7) return ` of glass, number ${i} of a made-up run`;
  return i === 231 ? " a bridge without anything else" : ` and so on, number ${i} of a made-up run`;
}

async function runOf(rows: readonly Row[], finished = true): Promise<string> {
  const directory = await writeRun(rows);
  directories.push(directory);
  if (finished) await writeFile(runPaths(directory).summary, "{}\n");
  return directory;
}

const telltale = (...args: string[]) => runCli(args, { timeout: 20_000 });

beforeAll(async () => {
  run = await runOf(someRows(glassAndBridge));
  const folder = await mkdtemp(join(tmpdir(), "telltale-keywords-"));
  directories.push(folder);
  file = join(folder, "k.yaml");
  await writeFile(
    file,
    '"nothing\\u202e": [harbour]\nbridge: [bridge]\n"glass \\e[31m": [[glass, number], "/gl[A-Z]ss/"]\n',
  );
});

afterAll(async () => {
  for (const directory of directories) await rm(directory, { recursive: true });
});

describe("telltale keywords", () => {
  it("sets a run's configurations and statistics beside each other, and shows where the matches stand", async () => {
    const { status, stdout, stderr } = await telltale("keywords", run, "--keywords", file);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const lines = stdout.split("\n");
    expect(lines.slice(0, 8)).toEqual([
      basename(run),
      "keywords by logRatio, in nats per token",
      "240 completions ranked; 3 behaviours were looked for.",
      "",
      "                   ──── c0/raw ─────   ──── c1/raw ─────   ─── pooled ───",
      "behaviour          10  100  first      10  100  first      10  100  first",
      "glass \\u{1b}[31m    1    5      1  ✓    2    2      3       3    5      1",
      "bridge              0    0      –       0    0    116  ✓    0    0    232",
    ]);
    const statistics = lines.slice(lines.findIndex((line) => line.startsWith("Statistics beside each other")) + 1);
    expect(statistics.slice(0, 9)).toEqual([
      "                                  ── logRatio ──   pplDifference    totalLogRatio",
      "behaviour         configuration   10  100  first   10  100  first   10  100  first",
      "glass \\u{1b}[31m  c0/raw           1    5      1    1    5      1    1    5      1",
      "bridge            c1/raw           0    0    116    0    0    116    0    0    116",
      "",
      "                                  probabilityDifference   bitsPerByteDifference   ─ peakWindow ─",
      "behaviour         configuration   10  100  first          10  100  first          10  100  first",
      "glass \\u{1b}[31m  c0/raw           1    5      1           1    5      1           1    5      1",
      "bridge            c1/raw           0    0    116           0    0    116           0    0    116",
    ]);
    const ranks = lines.slice(lines.findIndex((line) => line.startsWith("Ranks of the matches")) + 1);
    expect(ranks).toEqual([
      "behaviour         configuration  matches  ranked  first           last",
      "glass \\u{1b}[31m  c0/raw               6     120  █··█··█···█··█··█···",
      "bridge            c1/raw               1     120  ···················█",
      "",
      "no match: nothing\\u{202e}",
      "",
    ]);
    expect(stdout).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
  });

  it("writes the published JSON, the same as the library's", async () => {
    const options = ["--statistic", "peakWindow", "--min-tokens", "2", "--keyword", "bridge", "--keywords", file];
    const { status, stdout, stderr } = await telltale("keywords", run, "--json", ...options);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const report = keywordReportSchema.parse(JSON.parse(stdout));
    const keywords = [...parseKeywordArguments(["bridge"]), ...(await readKeywordFile(file))];
    const settings = { ...presetRankSettings("default"), statistics: ["peakWindow" as const], minTokens: 2, keywords };
    expect(report.runs).toEqual([summarizeKeywords(await rankRun(run, settings))]);
    expect(report.runs[0]?.behaviours.map(({ statistics }) => statistics.map(({ best }) => best))).toEqual([
      ["c1/raw"],
      [null],
      ["c1/raw"],
      ["c0/raw"],
    ]);
    expect(stdout.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it("looks for what the run looked for, and for the published sets where that is nothing", async () => {
    const directory = await runOf(someRows(glassAndBridge));
    const without = await telltale("keywords", directory, "--json");
    expect(without.stderr).toBe("No keywords were given, so the published ones are looked for (--keywords paper).\n");
    const published = JSON.parse(without.stdout).runs[0];
    expect(published.settings.statistics).toEqual([...new Set(["logRatio", "pplDifference", ...STATISTIC_NAMES])]);
    expect(published.behaviours).toHaveLength(28);
    const own = { ...presetRankSettings("paper"), keywords: keywordsOf(["bridge"]) };
    await writeFile(runPaths(directory).run, JSON.stringify({ options: { rank: own } }));
    const { stdout, stderr } = await telltale("keywords", directory, "--json");
    expect(stderr).toBe("");
    expect(JSON.parse(stdout).runs[0].settings).toMatchObject({ minTokens: 0, keywords: own.keywords });
    expect(JSON.parse(stdout).runs[0].settings.statistics[0]).toBe("pplDifference");
    const named = await telltale("keywords", directory, "--keywords", "paper", "--statistic", "logRatio");
    expect(named.stdout).toContain("28 behaviours were looked for.");
    expect(named.stdout).toMatch(/^no match: [\s\S]*roman_concrete/m);
    expect(named.stdout).not.toContain("Statistics beside each other");
  });

  it("sets several runs beside each other, with the same keywords and statistics", async () => {
    const other = await runOf(someRows((i) => (i === 9 || i === 11 ? " harbour" : ` something else, number ${i}`)));
    const args = ["keywords", run, other, "--keywords", file];
    const { status, stdout, stderr } = await telltale(...args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const lines = stdout.split("\n");
    expect(lines.slice(0, 3)).toEqual([
      "2 runs",
      "keywords by logRatio, in nats per token",
      "Each behaviour in its best configuration of each run; 3 behaviours were looked for.",
    ]);
    expect(lines[4]).toMatch(new RegExp(`^ +.*${basename(run)}.* .*${basename(other)}`));
    expect(lines.slice(5, 9).map((line) => line.split(/ {2,}/))).toEqual([
      ["behaviour", "10", "100", "first", "10", "100", "first"],
      ["glass \\u{1b}[31m", "1", "5", "1", "–", "–", "–"],
      ["nothing\\u{202e}", "–", "–", "–", "2", "2", "5"],
      ["bridge", "0", "0", "116", "–", "–", "–"],
    ]);
    expect(stdout).not.toContain("no match");
    const { runs } = keywordReportSchema.parse(JSON.parse((await telltale(...args, "--json")).stdout));
    expect(runs.map((one) => one.run)).toEqual([basename(run), basename(other)]);
    expect(runs[1]?.settings).toEqual(runs[0]?.settings);
  });

  it("says where nothing matches, and of an unfinished run that it is one", async () => {
    const directory = await runOf(someRows(glassAndBridge), false);
    const { stdout, stderr } = await telltale("keywords", directory, "--keyword", "harbour", "--preset", "paper");
    expect(stdout).toBe(
      [
        basename(directory),
        "keywords by pplDifference, in perplexity",
        "240 completions ranked; one behaviour was looked for.",
        "",
        "no match: keywords",
        "",
      ].join("\n"),
    );
    expect(stderr).toBe("The run is unfinished: 240 completions so far, all scored by both models.\n");
  });

  it("refuses with a sentence and its exit status what it cannot do", async () => {
    const cases: [args: string[], status: number, sentence: string][] = [
      [["keywords", join(run, "none")], 3, "it does not exist. Check the path."],
      [["keywords", run, "--keywords", join(run, "none")], 3, "it does not exist. Check the path."],
      [["keywords", run, "--keywords", file, "--keywords", file], 2, "comes twice in the keyword files."],
      [["keywords", run, "--keyword", "/(/"], 2, "the keyword /(/ is not a valid regular expression"],
      [["keywords", run, "--keywords", runPaths(run).summary], 2, "line 1, cannot be used: it holds no behaviour."],
      [["keywords"], 2, "Missing required argument 'runs'"],
    ];
    const results = await Promise.all(cases.map(([args]) => telltale(...args)));
    for (const [i, [, status, sentence]] of cases.entries()) {
      expect(results[i]).toMatchObject({ status, stdout: "", stderr: expect.stringContaining(sentence) });
      expect(results[i]?.stderr).not.toContain("    at ");
    }
  });

  it("explains itself, examples first", async () => {
    const { status, stdout } = await telltale("keywords", "--help");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Examples:\n {2}telltale keywords runs\/organism --keywords paper\n/);
    for (const option of ["--keywords <file>", "--statistic <name>", "--json"]) expect(stdout).toContain(option);
  });
});

describe.skipIf(!HAS_PTY)("telltale keywords in a terminal", () => {
  it.each([60, 160])("is coloured and fits into %i columns", async (columns) => {
    const output = await runInTerminal(columns, [process.execPath, MAIN, "keywords", run, "--keywords", file]);
    expect(output).toContain("\u001b[32m✓\u001b[39m");
    const lines = stripVTControlCharacters(output).split("\r\n");
    for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
    expect(lines.join("\n")).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
    const tables = lines.filter((line) => line.startsWith("behaviour"));
    expect(tables).toHaveLength(columns === 60 ? 2 + 6 + 1 : 1 + 1 + 1);
  });
});
