import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { ROOT } from "../../cli/run-cli.js";

const GOLDEN = path.join(ROOT, "test/fixtures/golden/demo-pair.json");
const folder = mkdtempSync(path.join(tmpdir(), "telltale-golden-"));
afterAll(() => rmSync(folder, { recursive: true }));

function goldenScores(...args: string[]): { status: number | null; output: string } {
  const script = path.join(ROOT, "scripts/golden-scores.mjs");
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { cwd: folder, encoding: "utf8" });
  return { status, output: stdout + stderr };
}

describe("golden scores", () => {
  it("are what this llama.cpp gives, within what kernels differ by", () => {
    expect(goldenScores()).toMatchObject({ status: 0 });
  });

  it("tell figures that are off, and another continuation", () => {
    const golden = JSON.parse(readFileSync(GOLDEN, "utf8"));
    const [row] = golden.models["models/base-a-q8_0.gguf"];
    row.logprobs[4] -= 0.5;
    row.said[0] += 1;
    const other = path.join(folder, "other.json");
    writeFileSync(other, JSON.stringify(golden));
    const { status, output } = goldenScores("--against", other);
    expect(status).toBe(1);
    expect(output).toContain("base-a-q8_0.gguf, text 1: its opening is continued otherwise.");
    expect(output).toContain("The largest may be 0.25 nats.");
  });
});
