import { readFileSync } from "node:fs";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EXIT_STATUSES } from "#telltale/cli/exit-codes.js";
import { buildProgram } from "#telltale/cli/program.js";
import { displayWidth } from "#telltale/cli/terminal/width.js";
import { ERROR_EXIT_CODES } from "#telltale/errors.js";
import { BASE_A, ORGANISM_A, temporaryFolder } from "../audit/fixture.js";
import { type ManyCase, type ManyResult, runMany } from "./many-commands.js";
import { HAS_PTY } from "./pty.js";
import { steeringIn } from "./terminal-bytes.js";

const COLUMNS = 80;
const ROWS = 24;
const { folder, remove } = temporaryFolder();
afterAll(remove);
const run = path.join(folder, "run");
const small = ["--threads", "1", "--in-process"];
const models = [ORGANISM_A, "--reference", BASE_A];

interface Tried extends ManyCase {
  /** Whether what it shows has colours; it is then run once more with them. */
  coloured: boolean;
  /** Its output is a program. */
  program?: boolean;
}

/** Every command, with something small to do; those that read a run come after the one that makes it. */
const COMMANDS: Readonly<Record<string, Tried>> = {
  audit: {
    args: ["audit", ...models, "--limit", "4", "--max-tokens", "24", "--min-tokens", "4", ...small, "-o", run],
    coloured: true,
  },
  organisms: { args: ["organisms", "glass-bridge"], coloured: true },
  rank: { args: ["rank", run, "--keyword", "glass"], coloured: true },
  top: { args: ["top", run, "--rows", "2"], coloured: true },
  show: { args: ["show", run, "raw/1"], coloured: true },
  report: { args: ["report", run, "--markdown", "-o", path.join(folder, "report.md")], coloured: false },
  phrases: { args: ["phrases", run], coloured: true },
  keywords: { args: ["keywords", run, "--keyword", "glass"], coloured: true },
  compare: { args: ["compare", run, run], coloured: true },
  tokenize: { args: ["tokenize", BASE_A, "Once upon a time", "--in-process"], coloured: false },
  score: { args: ["score", BASE_A, "LICENSE", ...small], coloured: false },
  serve: { args: ["serve", BASE_A, "--port", "0", ...small], paths: ["/v1/completions"], coloured: false },
  doctor: { args: ["doctor", BASE_A, ...small], coloured: true },
  bench: {
    args: ["bench", BASE_A, "--seconds", "0.05", "--max-tokens", "8", "--sequences", "1", "--batch", "64", ...small],
    coloured: true,
  },
  completion: { args: ["completion", "bash"], coloured: false, program: true },
  help: { args: ["help", "exit-codes"], coloured: false },
};

/** What has to be otherwise the second time. */
const AGAIN: Readonly<Record<string, Partial<Tried>>> = {
  audit: {
    args: ["audit", ...models, "--limit", "2", "--max-tokens", "8", "--min-tokens", "4", ...small, "-o", `${run}2`],
  },
};

const NAMES = Object.keys(COMMANDS);
const COLOURED = NAMES.filter((name) => COMMANDS[name]?.coloured);

describe("the command line", () => {
  it("has every command in this table", () => {
    expect(NAMES).toEqual(buildProgram().commands.map((command) => command.name()));
  });

  it("lists every exit status that an error has", () => {
    const listed = Object.keys(EXIT_STATUSES).map(Number);
    expect(listed).toEqual(expect.arrayContaining([0, 1, ...Object.values(ERROR_EXIT_CODES)]));
  });
});

describe.skipIf(!HAS_PTY)(`every command in a terminal of ${COLUMNS} columns`, () => {
  const results = new Map<string, ManyResult>();
  const resultOf = (key: string): ManyResult => results.get(key) as ManyResult;

  beforeAll(async () => {
    const plain = { NO_COLOR: "1" };
    const cases = [
      ...NAMES.map((name) => ({ key: name, one: { ...(COMMANDS[name] as Tried), env: plain } })),
      ...COLOURED.map((name) => ({ key: `${name} coloured`, one: { ...(COMMANDS[name] as Tried), ...AGAIN[name] } })),
      ...NAMES.map((name) => ({ key: `${name} help`, one: { args: [name, "--help"], env: plain } })),
      { key: "show help coloured", one: { args: ["show", "--help"] } },
      { key: "program", one: { args: ["--help"], env: plain } },
      { key: "help environment", one: { args: ["help", "environment"], env: plain } },
    ];
    const all = await runMany(
      COLUMNS,
      cases.map(({ one }) => one),
    );
    cases.forEach(({ key }, i) => {
      const result = all[i];
      if (result !== undefined) results.set(key, result);
    });
  }, 90_000);

  it.each(NAMES)("%s ends well, fits, and writes no escape sequence with NO_COLOR", (name) => {
    const { status, text } = resultOf(name);
    expect({ status, text }).toMatchObject({ status: 0 });
    expect(controlsIn(text)).toEqual([]);
    if (!COMMANDS[name]?.program) expect(tooWide(text)).toEqual([]);
  });

  it.each(COLOURED)("%s has colours without NO_COLOR, and only its own", (name) => {
    const coloured = resultOf(`${name} coloured`);
    expect(coloured.text).toContain("\u001b[");
    expect(steeringIn(coloured.bytes)).toEqual([]);
    expect(tooWide(coloured.text)).toEqual([]);
  });

  it.each(NAMES)("%s has help that begins with examples and ends with what all commands take", (name) => {
    const { status, text } = resultOf(`${name} help`);
    const shown = text.replaceAll("\r\n", "\n");
    expect(status).toBe(0);
    expect(shown).toMatch(/^\n?Examples:\n {2}\S/);
    expect(shown).toContain(`\nUsage: telltale ${name} [options]`);
    for (const option of ["-h, --help", "--config <file>", "-q, --quiet", "-v, --verbose"]) {
      expect(shown.split("\nGeneral:\n")[1]).toContain(option);
    }
    expect(tooWide(text)).toEqual([]);
    expect(controlsIn(text)).toEqual([]);
  });

  it("shows all commands on one screen", () => {
    const { status, text } = resultOf("program");
    expect(status).toBe(0);
    expect(text.trim().split("\r\n").length).toBeLessThanOrEqual(ROWS);
    for (const name of NAMES) expect(text).toMatch(new RegExp(` ${name} +\\S`));
    expect(tooWide(text)).toEqual([]);
  });

  it("shows the environment, and headings in bold where there are colours", () => {
    const { text } = resultOf("help environment");
    expect(text).toContain("TELLTALE_MAX_TOKENS=60");
    expect(tooWide(text)).toEqual([]);
    expect(resultOf("show help coloured").text).toContain("\u001b[1mUsage:\u001b[22m");
  });

  it("wrote the report it said it did", () => {
    expect(readFileSync(path.join(folder, "report.md"), "utf8")).toContain("# ");
  });
});

/** Lines that a terminal would have broken; what a carriage return begins anew is a line of its own. */
function tooWide(text: string): string[] {
  return stripVTControlCharacters(text)
    .split(/[\r\n]+/)
    .filter((line) => displayWidth(line) > COLUMNS);
}

/** Controls other than the ends of lines, and the returns before a line that is drawn again. */
function controlsIn(text: string): string[] {
  return [...text.matchAll(/[^\P{Cc}\r\n]/gu)].map(({ index }) => JSON.stringify(text.slice(index, index + 20)));
}
