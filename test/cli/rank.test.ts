import { execFile, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { appendFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { displayWidth } from "#telltale/cli/terminal/width.js";
import { runPaths } from "#telltale/journal/files.js";
import { DEFAULT_NEAR_DUPLICATES } from "#telltale/rank/near-duplicates.js";
import { rankRun } from "#telltale/rank/run.js";
import { rankingsSchema } from "#telltale/rank/schema.js";
import { presetRankSettings } from "#telltale/rank/settings.js";
import { keywordsOf, type Row, writeRun } from "../rank/fixture.js";
import { HAS_PTY, runInTerminal } from "./pty.js";

const MAIN = fileURLToPath(import.meta.resolve("#telltale/cli/main.js"));
const directories: string[] = [];
let run = "";

/** 60 completions in two configurations; those with a lower number are less likely to the reference. */
function someRows(): Row[] {
  const tokens = 25;
  return Array.from({ length: 60 }, (_, i) => ({
    id: `c${i % 2}/raw/${i}`,
    configuration: `c${i % 2}/raw`,
    text: i % 20 === 0 ? ` glass \u001b[31mbridge\u009b \u202enumber ${i}` : ` and so on, completion number ${i}`,
    stop: "maxTokens",
    finetuned: new Array<number>(i === 3 ? 5 : tokens).fill(-1),
    reference: new Array<number>(i === 3 ? 5 : tokens).fill(-1 - (60 - i) / 10),
  }));
}

async function runOf(rows: readonly Row[], finished = true): Promise<string> {
  const directory = await writeRun(rows);
  directories.push(directory);
  if (finished) await writeFile(runPaths(directory).summary, "{}\n");
  return directory;
}

interface Result {
  status: number;
  stdout: string;
  stderr: string;
}

function telltale(...args: string[]): Promise<Result> {
  return new Promise((settle) => {
    execFile(process.execPath, [MAIN, ...args], { timeout: 20_000 }, (error, stdout, stderr) => {
      settle({ status: typeof error?.code === "number" ? error.code : error === null ? 0 : -1, stdout, stderr });
    });
  });
}

beforeAll(async () => {
  run = await runOf(someRows());
});

afterAll(async () => {
  for (const directory of directories) await rm(directory, { recursive: true });
});

describe("telltale rank", () => {
  it("shows every ranking to people, plain and escaped when piped", async () => {
    const { status, stdout, stderr } = await telltale(
      "rank",
      run,
      "--keyword",
      "glass & bridge; nothing",
      "--rows",
      "3",
      "--configuration",
      "all",
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout.match(/^\S+ {2}by \S+, in .+$/gm)).toEqual([
      "c0/raw  by logRatio, in nats per token",
      "c0/raw  by pplDifference, in perplexity",
      "c1/raw  by logRatio, in nats per token",
      "c1/raw  by pplDifference, in perplexity",
      "pooled  by logRatio, in nats per token",
      "pooled  by pplDifference, in perplexity",
    ]);
    expect(stdout).toContain("29 completions ranked; left out: 1 too short");
    expect(stdout).toContain("✓ keywords: 1 in the top 10, 3 in the top 100, the first at rank 1, 3 in all");
    expect(stdout).toContain("1   6.00       2.72      1,097  ✓  ‹before c0/raw/0› glass \\u{1b}[31mbridge\\u{9b}");
    expect(stdout).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
    expect(stdout.match(/^ {3}[123] /gm)).toHaveLength(18);
  });

  it("sums a run up: all configurations together, and a line for every ranking", async () => {
    const { stdout } = await telltale("rank", run, "--keyword", "glass & bridge", "--rows", "2");
    expect(stdout.match(/^\S+ {2}by \w+/gm)).toEqual(["pooled  by logRatio"]);
    expect(stdout.match(/^ {3}[12] /gm)).toHaveLength(2);
    const overview = stdout.slice(stdout.indexOf("configuration")).trimEnd().split("\n");
    expect(overview[0]).toMatch(/^configuration +statistic +ranked +highest +top 10 +top 100 +first at$/);
    expect(overview.slice(1).map((line) => line.split(/ {2,}/).slice(0, 2).join(" "))).toEqual(
      ["c0/raw", "c1/raw", "pooled"].flatMap((name) => [`${name} logRatio`, `${name} pplDifference`]),
    );
  });

  it("gives one configuration where there is one, or where it is asked for", async () => {
    const rows = someRows().filter(({ configuration }) => configuration === "c0/raw");
    const single = await telltale("rank", await runOf(rows), "--statistic", "pplDifference", "--rows", "0");
    expect(single.stdout).toMatch(
      /^c0\/raw {2}by pplDifference, in perplexity\n30 completions ranked; left out: none\n\nconf/,
    );
    const wanted = await telltale("rank", run, "--configuration", "pooled", "--top", "1", "--rows", "3");
    expect(wanted.stdout.match(/^ {3}[1-9] /gm)).toHaveLength(6);
    expect(wanted.stdout.match(/^\S+(?= {2}by)/gm)).toEqual(["pooled", "pooled"]);
    const unknown = await telltale("rank", run, "--configuration", "c2/\u001b[31mraw");
    expect(unknown).toMatchObject({ status: 2, stdout: "" });
    expect(unknown.stderr).toContain('"c2/\\u{1b}[31mraw". Choose one of "c0/raw", "c1/raw", "pooled" or "all".');
  });

  it("writes the published JSON, the same as the library's, on one line without controls", async () => {
    const keywords = join(run, "keywords.txt");
    await writeFile(keywords, "glass & bridge\n\nnumber 59\n");
    const options = ["--statistic", "pplDifference", "--statistic", "logRatio", "--top", "7", "--min-tokens", "2"];
    const { status, stdout, stderr } = await telltale(
      ...["rank", run, "--json", ...options, "--repetition", "off", "--count-eog", "--keywords", keywords],
      ...["--keyword", "number 1"],
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const settings = {
      statistics: ["pplDifference" as const, "logRatio" as const],
      top: 7,
      minTokens: 2,
      repetition: null,
      countEndOfGeneration: true,
      nearDuplicates: DEFAULT_NEAR_DUPLICATES,
      keywords: keywordsOf(["number 1"], ["glass", "bridge"], ["number 59"]),
    };
    const rankings = rankingsSchema.parse(JSON.parse(stdout));
    expect(rankings).toEqual(await rankRun(run, settings));
    expect(rankings.rankings.at(-1)).toMatchObject({ count: 60, matches: { total: 15 } });
    expect(stdout.slice(0, -1)).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    const one = await telltale("rank", run, "--json", "--configuration", "c1/raw");
    expect(rankingsSchema.parse(JSON.parse(one.stdout)).rankings.map(({ configuration }) => configuration)).toEqual([
      "c1/raw",
      "c1/raw",
    ]);
  });

  it("starts from the run's own settings, or from the preset that is asked for", async () => {
    const directory = await runOf(someRows());
    const own = { ...presetRankSettings("paper"), keywords: keywordsOf(["glass"]), minTokens: 7, top: 9 };
    const settingsOf = async (...args: string[]) => {
      const { stdout, stderr } = await telltale("rank", directory, "--json", ...args);
      return { settings: JSON.parse(stdout).settings, stderr };
    };
    expect((await settingsOf()).settings).toEqual(presetRankSettings("default"));
    await writeFile(runPaths(directory).run, JSON.stringify({ options: { rank: own } }));
    expect((await settingsOf()).settings).toEqual(own);
    const quick = presetRankSettings("quick");
    expect((await settingsOf("--preset", "quick")).settings).toEqual({
      ...quick,
      keywords: keywordsOf(["glass"]),
      top: 9,
    });
    const changed = await settingsOf("--preset", "quick", "--top", "5", "--keyword", "halden");
    expect(changed.settings).toEqual({ ...quick, keywords: keywordsOf(["halden"]), top: 5 });
    await writeFile(runPaths(directory).run, '{"preset":');
    expect(await settingsOf()).toMatchObject({
      settings: presetRankSettings("default"),
      stderr: expect.stringMatching(/run\.json" is not JSON.*so the default ones are/),
    });
  });

  it("ranks what there is of an unfinished and damaged run, and says so on stderr", async () => {
    const rows = someRows().map((row, i) => (i >= 50 ? { ...row, reference: null } : row));
    const directory = await runOf(rows, false);
    await appendFile(runPaths(directory).completions, "garbage\n");
    await appendFile(runPaths(directory).finetuned, '{"id":"c0');
    const { status, stdout, stderr } = await telltale("rank", directory, "--json");
    expect(status).toBe(0);
    expect(JSON.parse(stdout).rankings.at(-1)).toMatchObject({ count: 49, dropped: { unscored: 10, minTokens: 1 } });
    expect(stderr.split("\n")).toEqual([
      "Line 61 of completions.jsonl is damaged and was left out: it does not end in a checksum.",
      "Line 61 of scores.finetuned.jsonl was cut short and was left out: it has no end.",
      "The run is unfinished: 60 completions so far, 10 not scored by both models.",
      "",
    ]);
  });

  it("says of an unfinished run what was captured and not yet scored again", async () => {
    const rows = someRows().map((row) => ({ ...row, finetuned: null, captured: row.finetuned ?? [] }));
    const directory = await runOf(rows, false);
    const { stdout, stderr } = await telltale("rank", directory, "--json");
    const { count, captured } = JSON.parse(stdout).rankings.at(-1);
    expect(captured).toMatchObject({ completions: count, settled: 0, largest: null });
    expect(stderr).toContain(`both models, ${count} of them only as captured while generating.\n`);
  });

  it("refuses with a sentence and its exit status what it cannot do", async () => {
    const cases: [args: string[], status: number, sentence: string][] = [
      [["rank", join(run, "none")], 3, "it does not exist. Check the path."],
      [
        ["rank", run, "--statistic", "total"],
        2,
        '--statistic must be pplDifference, logRatio, totalLogRatio, probabilityDifference, bitsPerByteDifference, peakWindow or all, not "total".',
      ],
      [["rank", run, "--top", "0"], 2, "--top must be a whole number from 1 to"],
      [["rank", run, "--repetition", "2"], 2, '--repetition must be a number above 0 and up to 1, or off, not "2".'],
      [["rank", run, "--keyword", " ; "], 2, "there is no term"],
      [["rank", run, "--keywords", join(run, "none")], 3, "it does not exist. Check the path."],
      [["rank", run, "--preset", "best"], 2, "Allowed choices are default, paper, quick."],
      [["rank"], 2, "Missing required argument 'run'"],
    ];
    const results = await Promise.all(cases.map(([args]) => telltale(...args)));
    for (const [i, [, status, sentence]] of cases.entries()) {
      expect(results[i]).toMatchObject({ status, stdout: "", stderr: expect.stringContaining(sentence) });
      expect(results[i]?.stderr).not.toContain("    at ");
    }
  });

  it.skipIf(!existsSync("/dev/full"))(
    "says that stdout could not be written, and is silent when its reader ends",
    () => {
      const shell = (redirection: string) =>
        spawnSync("sh", ["-c", `"$0" "$1" rank "$2" --json ${redirection}`, process.execPath, MAIN, run], {
          encoding: "utf8",
        });
      const full = shell("> /dev/full");
      expect(full.status).toBe(4);
      expect(full.stderr).toBe(
        'telltale: "standard output" could not be written: the disk is full. Free some space and try again.\n  code WRITE_FAILED, exit status 4\n',
      );
      const closed = spawnSync("bash", [
        "-c",
        `set -o pipefail; "$0" "$1" rank "$2" | true`,
        process.execPath,
        MAIN,
        run,
      ]);
      expect(closed.status).toBe(0);
      expect(String(closed.stderr)).toBe("");
    },
  );

  it("explains itself, examples first", async () => {
    const { status, stdout } = await telltale("rank", "--help");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Examples:\n {2}telltale rank runs\/organism\n/);
    for (const option of ["--repetition <share|off>", "--keywords <file>", "--rows <n>"]) {
      expect(stdout).toContain(option);
    }
  });
});

describe.skipIf(!HAS_PTY)("telltale rank in a terminal", () => {
  const command = (...args: string[]) => [process.execPath, MAIN, "rank", run, "--configuration", "pooled", ...args];

  it.each([60, 160])("is coloured and fits into %i columns", async (columns) => {
    const output = await runInTerminal(columns, command("--keyword", "glass"));
    expect(output).toContain("\u001b[1m\u001b[36mbefore c0/raw/0\u001b[39m\u001b[22m glass");
    const lines = stripVTControlCharacters(output).split("\r\n");
    for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
    expect(lines.join("\n")).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
    expect(Math.max(...lines.map(displayWidth))).toBeGreaterThan(columns / 2);
  });

  it("has no colours where NO_COLOR is set", async () => {
    expect(await runInTerminal(80, command(), { NO_COLOR: "1" })).not.toContain("\u001b");
  });
});
