import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";

interface Report {
  ok: boolean;
  checks: { name: string; state: string; detail: string; remedy?: string; required: boolean }[];
}

const empty = mkdtempSync(path.join(tmpdir(), "telltale-doctor-"));
afterAll(() => rmSync(empty, { recursive: true }));

function doctor(args: string[], env: NodeJS.ProcessEnv = {}): { status: number | null; stdout: string } {
  const options = { encoding: "utf8", env: { ...process.env, ...env } } as const;
  return spawnSync(process.execPath, ["dist/cli/main.js", "doctor", ...args], options);
}

describe("telltale doctor", () => {
  const { status, stdout } = doctor(["--json"]);
  const report = JSON.parse(stdout) as Report;
  const check = (name: string) => report.checks.find((each) => each.name === name);

  test("finds that auditing on the CPU works, by trying it", () => {
    expect(report.ok).toBe(true);
    expect(status).toBe(0);
    expect(check("trial run")?.state).toBe("ok");
    expect(check("trial run")?.detail).toMatch(/tokens scored on the CPU, perplexity \d/);
  });

  test("names the kernel, the release and the processor", () => {
    expect(check("addon")?.detail).toMatch(/kernel (avx512|avx2|neon|plain)$/);
    expect(check("llama.cpp")?.detail).toMatch(/^v\d+\.\d+\.\d+, prebuilt/);
    expect(check("cpu backend")?.detail).toMatch(/^CPU \(.+\)/);
  });

  test("counts cores and says what --gpu auto would take", () => {
    expect(check("system")?.detail).toMatch(/ \d+ cores?( with \d+ hyper-threads)?, /);
    const usable = report.checks.some(
      ({ name, state }) => /^(cuda|metal|vulkan) backend$/.test(name) && state === "ok",
    );
    expect(check("--gpu auto")?.detail).toMatch(usable ? /^(cuda|metal|vulkan): .* offers / : /^off: /);
  });

  test("shows people one aligned line a check and a verdict", () => {
    const text = doctor([]).stdout;
    const lines = text.trimEnd().split("\n");
    expect(lines.at(-1)).toBe("Auditing on the CPU works.");
    expect(lines.length).toBe(report.checks.length + 2);
    const columns = lines.slice(0, -2).map((line) => /^(ok|missing|problem) +/.exec(line)?.[0].length);
    expect(new Set(columns)).toEqual(new Set([9]));
  });

  test("keeps its environment from the processes it starts to try things", () => {
    const seen = path.join(empty, "seen.txt");
    const recorder = path.join(empty, "record.cjs");
    writeFileSync(
      recorder,
      `require("fs").appendFileSync(${JSON.stringify(seen)}, process.argv[1] + " " + process.env.PLANTED_SECRET + "\\n")`,
    );
    // What it names is loaded by every Node.js process that the environment reaches.
    doctor(["--json"], { NODE_OPTIONS: `--require ${recorder}`, PLANTED_SECRET: "hunter2" });
    expect(readFileSync(seen, "utf8")).toMatch(/^\S+main\.js hunter2\n$/);
  });

  test("exits 7 when the libraries cannot be opened, and still reports everything", () => {
    const broken = doctor(["--json"], { TELLTALE_LLAMA_LIBRARY: empty });
    const found = JSON.parse(broken.stdout) as Report;
    expect(broken.status).toBe(7);
    expect(found.ok).toBe(false);
    expect(found.checks.map(({ name }) => name)).toEqual(report.checks.map(({ name }) => name));
    expect(found.checks.find(({ name }) => name === "cpu backend")?.state).toBe("problem");
    expect(found.checks.find(({ name }) => name === "cpu backend")?.detail).toContain("holds no llama library");
    expect(doctor([], { TELLTALE_LLAMA_LIBRARY: empty }).stdout).toContain("does not work yet");
  });

  test("says which tools for building are not on the path, and how to get each thing that is missing", () => {
    const found = JSON.parse(doctor(["--json"], { PATH: empty, CXX: "" }).stdout) as Report;
    for (const name of ["git", "cmake", "C++ compiler"]) {
      const tool = found.checks.find((each) => each.name === name);
      expect(tool).toMatchObject({ state: "missing", required: false });
      expect(tool?.remedy).toMatch(/^install /);
    }
    expect(found.ok).toBe(true);
    for (const { state, detail, remedy } of found.checks.filter((each) => each.state !== "ok")) {
      expect(state).toMatch(/^(missing|problem)$/);
      expect(remedy ?? detail).toMatch(/install|need/i);
    }
  });
});
