import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { ROOT } from "../cli/run-cli.js";

it("the library prints nothing", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "telltale-silent-"));
  try {
    const script = path.join(ROOT, "test", "library", "silent.mjs");
    const printed = await promisify(execFile)(process.execPath, [script, path.join(ROOT, "models"), folder]);
    expect(printed).toEqual({ stdout: "", stderr: "" });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

it("nothing but the command line writes to the console or its streams", () => {
  const sources = (readdirSync(path.join(ROOT, "src"), { recursive: true }) as string[]).filter(
    (file) => file.endsWith(".ts") && !file.startsWith(`cli${path.sep}`),
  );
  expect(sources.length).toBeGreaterThan(200);
  const printing = /\bconsole\.|process\.(stdout|stderr)\b/;
  expect(sources.filter((file) => printing.test(readFileSync(path.join(ROOT, "src", file), "utf8")))).toEqual([]);
});
