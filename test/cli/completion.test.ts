import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SHELLS } from "#telltale/cli/completion/tree.js";
import { buildProgram } from "#telltale/cli/program.js";
import { temporaryFolder } from "../audit/fixture.js";
import { runCli } from "./run-cli.js";

const { folder, remove } = temporaryFolder();
afterAll(remove);
const scriptOf = (shell: string): string => path.join(folder, `telltale.${shell}`);
const has = (shell: string): boolean => spawnSync(shell, ["-c", "exit 0"]).status === 0;

beforeAll(async () => {
  await Promise.all(
    SHELLS.map(async (shell) => {
      const { status, stdout, stderr } = await runCli(["completion", shell]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      writeFileSync(scriptOf(shell), stdout);
    }),
  );
  mkdirSync(path.join(folder, "with space"));
  writeFileSync(path.join(folder, "with space", "a model.gguf"), "");
});

/** What bash offers for the last of these words. */
function offered(...words: string[]): string[] {
  const script = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _telltale; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const args = ["-c", script, "bash", scriptOf("bash"), "telltale", ...words];
  return execFileSync("bash", args, { cwd: folder, encoding: "utf8" }).split("\n").filter(Boolean);
}

describe.skipIf(!has("bash"))("completion in bash", () => {
  it("offers every command, and the options of each", () => {
    const { commands } = buildProgram();
    expect(offered("")).toEqual(commands.map((command) => command.name()));
    for (const command of commands) {
      const flags = offered(command.name(), "--");
      const own = command.options.map(({ long }) => long).filter((long) => long !== undefined);
      expect(flags).toEqual(expect.arrayContaining([...own, "--help", "--config", "--quiet", "--verbose"]));
    }
    expect(offered("au")).toEqual(["audit"]);
    expect(offered("--")).toEqual(["--config", "--quiet", "--verbose", "--version", "--help"]);
  });

  it("offers what an option takes: choices, names, files, and nothing for a number", () => {
    expect(offered("audit", "--preset", "")).toEqual(["default", "paper", "quick"]);
    expect(offered("audit", "--preset", "=", "pa")).toEqual(["paper"]);
    expect(offered("rank", "runs/a", "--statistic", "peak")).toEqual(["peakWindow"]);
    expect(offered("audit", "--organism", "glass")).toContain("glass-bridge");
    expect(offered("audit", "--corpus", "pile")).toEqual(["pile-10k"]);
    expect(offered("audit", "--seed", "")).toEqual([]);
    expect(offered("audit", "--reference", "with")).toEqual(["with space"]);
    expect(offered("--config", "with")).toEqual(["with space"]);
    expect(offered("--config", "with", "rank", "--rows", "")).toEqual([]);
  });

  it("offers what an argument may be", () => {
    expect(offered("audit", "with space/")).toEqual(["with space/a model.gguf"]);
    expect(offered("organisms", "glass-b")).toContain("glass-bridge");
    expect(offered("completion", "")).toEqual([...SHELLS]);
    expect(offered("help", "e")).toEqual(["exit-codes", "environment"].filter((word) => word.startsWith("e")));
  });
});

describe("completion scripts", () => {
  it.each(SHELLS.filter(has))("are what %s can read", (shell) => {
    expect(spawnSync(shell, ["-n", scriptOf(shell)], { encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
  });

  it.skipIf(!has("fish"))("complete in fish", () => {
    const complete = (line: string): string[] =>
      execFileSync("fish", ["--no-config", "-c", `source $argv[1]; complete -C $argv[2]`, scriptOf("fish"), line], {
        encoding: "utf8",
        cwd: folder,
      })
        .split("\n")
        .map((row) => row.split("\t")[0] ?? "");
    expect(complete("telltale au")).toContain("audit");
    expect(complete("telltale audit --preset ")).toEqual(expect.arrayContaining(["default", "paper", "quick"]));
    expect(complete("telltale audit --near")).toContain("--near-duplicates");
    expect(complete("telltale organisms glass-b")).toContain("glass-bridge");
  });

  it("are refused for a shell that is unknown, with the nearest", async () => {
    const { status, stderr } = await runCli(["completion", "bsh"]);
    expect(status).toBe(2);
    expect(stderr).toContain("Allowed choices are bash, zsh, fish. Did you mean bash?");
  });
});
