import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { VARIABLES } from "#telltale/cli/config/environment.js";
import { configSchema } from "#telltale/cli/config/schema.js";
import { EXIT_STATUSES } from "#telltale/cli/exit-codes.js";
import { buildProgram } from "#telltale/cli/program.js";
import { ROOT } from "./run-cli.js";

const text = readFileSync(path.join(ROOT, "docs/command-line.md"), "utf8");

/** The cells of the table below a heading or, without one, of the first; without code marks. */
function table(heading: string): string[][] {
  const rows = text.slice(text.indexOf(heading)).match(/(?:^\|.*\|$\n?)+/m)?.[0] ?? "";
  const cells = rows.trim().split("\n").slice(2);
  return cells.map((row) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll("`", "")),
  );
}

describe("docs/command-line.md", () => {
  it("has every command, in the order of the help", () => {
    expect(table("# ").map(([name]) => name)).toEqual(buildProgram().commands.map((command) => command.name()));
  });

  it("has an example of a configuration file that is one", () => {
    const example = /```json\n(.*?)```/s.exec(text)?.[1] ?? "";
    expect(configSchema(buildProgram()).safeParse(JSON.parse(example))).toMatchObject({ success: true });
  });

  it("has every variable and every exit status that the program tells of", () => {
    expect(table("The others").map(([names]) => names)).toEqual(VARIABLES.map(([names]) => names));
    expect(table("## Exit status").map(([status]) => Number(status))).toEqual(Object.keys(EXIT_STATUSES).map(Number));
  });
});
