import { spawnSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { ROOT } from "../cli/run-cli.js";
import { install, packed } from "./packed.js";

const project = realpathSync(mkdtempSync(path.join(tmpdir(), "telltale-installed-")));
afterAll(() => rmSync(project, { recursive: true }));
const folder = install(project, packed());

/** A program of the project, run without a compiler in reach: only Node.js is on its path. */
function run(name: string, text: string): string {
  writeFileSync(path.join(project, name), text);
  const env = { ...process.env, PATH: path.dirname(process.execPath), TELLTALE_ADDON: "", NODE_OPTIONS: "" };
  const { stdout, stderr } = spawnSync(process.execPath, [name], { cwd: project, env, encoding: "utf8" });
  expect(stderr).toBe("");
  return stdout;
}

const SCORE = `
async function scored() {
  const engine = await openEngine("node_modules/telltale/models/base-a-q8_0.gguf");
  const logprobs = [];
  const input = { context: "The", targets: " Halden Bridge is built of glass." };
  for await (const text of score(engine, input)) logprobs.push(...text.logprobs);
  await engine.close();
  return logprobs;
}
scored().then((logprobs) => console.log(JSON.stringify({ logprobs, error: new TelltaleError("BAD_MODEL", "").code })));
`;

describe("the package in an empty project", () => {
  test("scores the same text to the same numbers by import and by require, on its prebuilt addon", () => {
    const esm = run("score.mjs", `import { openEngine, score, TelltaleError } from "telltale";${SCORE}`);
    const cjs = run("score.cjs", `const { openEngine, score, TelltaleError } = require("telltale");${SCORE}`);
    const { logprobs, error } = JSON.parse(esm) as { logprobs: number[]; error: string };
    expect(logprobs.length).toBeGreaterThan(5);
    expect(logprobs.every((each) => Number.isFinite(each) && each <= 0)).toBe(true);
    expect(error).toBe("BAD_MODEL");
    expect(cjs).toBe(esm);
  });

  test("is one module, however it is asked for", () => {
    const text = `
      const required = require("telltale");
      import("telltale").then((imported) => console.log(required === imported, typeof imported.audit));`;
    expect(run("same.cjs", text)).toBe("true function\n");
  });

  test("has a command line that finds the prebuilt addon and needs no tool", () => {
    const main = path.join(folder, "dist", "cli", "main.js");
    const env = { ...process.env, PATH: path.dirname(process.execPath), TELLTALE_ADDON: "" };
    const options = { cwd: project, env, encoding: "utf8" } as const;
    const { status, stdout } = spawnSync(process.execPath, [main, "doctor", "--json"], options);
    const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: { name: string; detail: string }[] };
    expect({ status, ok }).toEqual({ status: 0, ok: true });
    expect(checks.find(({ name }) => name === "addon")?.detail).toMatch(/^prebuilt and loads/);
  });

  test("has types for both kinds of modules", () => {
    const use = `
      const options: Partial<AuditOptions> = {};
      const error = new TelltaleError("BAD_MODEL", "a sentence");
      const rankings: Promise<Rankings> = rank("runs/organism");
      const status: number = error.exitCode;
      // @ts-expect-error a code that there is not
      export const wrong = [rankings, status, new TelltaleError("NO_SUCH_CODE", "a sentence")];`;
    const names = "type AuditOptions, rank, type Rankings, TelltaleError";
    const required = `import telltale = require("telltale");
      export const error: telltale.TelltaleError = new telltale.TelltaleError("BAD_MODEL", "a sentence");`;
    const files = { "use.mts": `import { ${names} } from "telltale";${use}`, "required.cts": required };
    const all = { ...files, "use.cts": files["use.mts"] };
    for (const [name, text] of Object.entries(all)) writeFileSync(path.join(project, name), text);
    const tsc = path.join(
      path.dirname(createRequire(import.meta.url).resolve("typescript/package.json")),
      "bin",
      "tsc",
    );
    const flags = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--skipLibCheck", "--ignoreConfig"];
    // The oldest kind that knows "exports": what it takes, the newer ones take.
    const modules = [
      "--types",
      "node",
      "--target",
      "es2022",
      "--lib",
      "es2023",
      "--module",
      "node16",
      "--moduleResolution",
      "node16",
    ];
    const args = [tsc, ...flags, ...modules, ...Object.keys(all)];
    const { status, stdout } = spawnSync(process.execPath, args, { cwd: project, encoding: "utf8" });
    expect({ status, stdout: stdout.replaceAll(ROOT, "") }).toEqual({ status: 0, stdout: "" });
  });
});
