import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { ROOT } from "../cli/run-cli.js";
import { temporaryFolder } from "./fixture.js";

const { folder, remove } = temporaryFolder();
afterAll(remove);
const run = promisify(execFile);
const LAYER = `${folder}/faulty-files.so`;

const hasLayer = await run("cc", ["-shared", "-fPIC", "-o", LAYER, "test/fixtures/faulty-files.c", "-ldl"], {
  cwd: ROOT,
}).then(
  () => process.platform === "linux",
  () => false,
);

interface Outcome {
  fault: string;
  failed: string | null;
  ended: string;
}

/** Audits in one process with these faults under them. */
async function outcomes(name: string, faults: readonly string[]): Promise<Outcome[]> {
  const under = `${folder}/${name}`;
  mkdirSync(under);
  const env = { ...process.env, LD_PRELOAD: LAYER, FAULTY_UNDER: under, FAULTY: "", UV_USE_IO_URING: "0" };
  const { stdout } = await run(process.execPath, ["test/fixtures/faulty-audits.mjs", under, ...faults], {
    cwd: ROOT,
    env,
  });
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Outcome);
}

/** Operations on a run's files up to which each one is tried; an audit of that size has some 50. */
const PLACES = Array.from({ length: 56 }, (_, i) => i + 1);

// Without a C compiler or on another system there is no such layer.
describe.skipIf(!hasLayer)("a file system that fails", () => {
  it.each([
    ["ENOSPC", 6],
    ["EROFS", 8],
    ["EIO", 4],
  ])(
    "ends the audit with a sentence, and it goes on afterwards: %s at every %d. place",
    async (kind, step) => {
      const places = PLACES.filter((place) => place % step === 1);
      const all = await outcomes(
        kind,
        places.map((place) => `${place} ${kind}`),
      );
      expect(all).toHaveLength(places.length);
      for (const { failed, ended } of all) {
        expect([null, "WRITE_FAILED"]).toContain(failed);
        expect(["equal", "not begun"]).toContain(ended);
      }
      // Most of the places are within the audit, and once run.json is there a run can be gone on with.
      expect(all.filter(({ failed }) => failed === "WRITE_FAILED").length).toBeGreaterThan(0.5 * places.length);
      expect(all.filter(({ failed, ended }) => failed !== null && ended === "equal").length).toBeGreaterThan(
        0.3 * places.length,
      );
    },
    120_000,
  );

  it("writes on where a write does less than it was asked", async () => {
    const places = PLACES.filter((place) => place % 6 === 1);
    const all = await outcomes(
      "short",
      places.map((place) => `${place} short`),
    );
    expect(all.every(({ failed, ended }) => failed === null && ended === "equal")).toBe(true);
  }, 120_000);
});
