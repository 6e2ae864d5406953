import { describe, expect, test } from "vitest";
import { HEALTH_CHECKS, type HealthReport } from "#telltale/health/report.js";
import { scratch } from "../engine/gguf/support.js";
import { scalar } from "../fixtures/gguf-writer.js";
import * as sick from "../fixtures/sick-models.js";
import { withKey } from "../fixtures/tiny-model.js";
import { runCli } from "./run-cli.js";

const BASE_A = "models/base-a-q8_0.gguf";
const file = scratch();

const doctor = (...args: string[]) => runCli(["doctor", ...args]);
const outside = () => sick.tinySick((model) => withKey(model, "tokenizer.ggml.eos_token_id", scalar("uint32", 999)));

describe("telltale doctor MODEL", () => {
  test("finds the shipped model healthy, a line a check", async () => {
    const { status, stdout, stderr } = await doctor(BASE_A, "--threads", "1");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const lines = stdout.trimEnd().split("\n");
    expect(lines.at(-1)).toBe(`${BASE_A}: healthy.`);
    expect(lines.slice(0, -2).map((line) => /^ok {7}(.+?) {2}/.exec(line)?.[1]?.trim())).toEqual([...HEALTH_CHECKS]);
  });

  test("gives the same as JSON", async () => {
    const { status, stdout } = await doctor(BASE_A, "--json", "--threads", "1");
    const report = JSON.parse(stdout) as HealthReport;
    expect(status).toBe(0);
    expect(report).toMatchObject({ model: BASE_A, ok: true });
    expect(report.checks.map(({ name, state }) => [name, state])).toEqual(HEALTH_CHECKS.map((name) => [name, "ok"]));
  });

  test("warns without failing, and by a threshold of one's own", async () => {
    const { status, stdout } = await doctor(BASE_A, "--max-bits-per-byte", "0.5", "--threads", "1");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^warning {2}bits per byte +1\.\d\d on plain English, more than 0\.5\. A sound model/m);
    expect(stdout).toMatch(/: can be audited, with one reservation\. See the lines above\.\n$/);
  });

  test.each<[string, () => Buffer, number, RegExp]>([
    ["is no GGUF", () => Buffer.from("PK\x03\x04"), 5, /^failed {3}file +The model file .* is a zip archive/m],
    ["ends outside its vocabulary", outside, 5, /^failed {3}file .* names 999 as its eos token/m],
    [
      "has NaN in its weights",
      sick.nanWeight,
      5,
      /^failed {3}finite numbers .* hold NaN or infinity, in "blk\.0\.ffn_up\.weight"/m,
    ],
    ["was never trained", () => sick.tinySick(), 1, /^failed {3}bits per byte .* The weights are broken or untrained/m],
  ])("exits with the status of what is wrong with a model that %s", async (_, bytes, exit, line) => {
    const path = file("sick.gguf", bytes());
    const { status, stdout, stderr } = await doctor(path, "--threads", "1");
    expect({ status, stderr }).toEqual({ status: exit, stderr: "" });
    expect(stdout).toMatch(line);
    expect(stdout).toContain(`${path}: not to be relied on. See the lines above.`);
  });

  test("shows nothing of a hostile model that a terminal would obey", async () => {
    const hostile = file("hostile.gguf", sick.withTemplate(sick.THROWING_TEMPLATE));
    for (const args of [[hostile], [hostile, "--json"]])
      expect((await doctor(...args, "--threads", "1")).stdout.replaceAll("\n", "")).toMatch(/^[^\p{Cc}]+$/u);
  });

  test("refuses engine options without a model, and a file that is not there", async () => {
    expect(await doctor("--threads", "2")).toMatchObject({ status: 2, stdout: "" });
    const { status, stderr } = await doctor("no-such.gguf");
    expect(status).toBe(3);
    expect(stderr).toContain("FILE_UNREADABLE");
  });
});
