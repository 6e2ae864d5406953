import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test, vi } from "vitest";
import { satisfies } from "#telltale/cli/doctor-checks.js";
import { addonFailure, findAddon } from "#telltale/engine/native/addon-file.js";
import { loaderCause } from "#telltale/engine/native/load-failure.js";
import { ROOT, runCli } from "../../cli/run-cli.js";

const folder = mkdtempSync(path.join(tmpdir(), "telltale-loading-"));
afterAll(() => rmSync(folder, { recursive: true }));
const BUILD = /`node \S*scripts\/build-addon\.mjs( --force)?` \(git, cmake and a C\+\+20 compiler are needed\)/;
const TOO_OLD = "/lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.34' not found (required by telltale.node)";

describe("the addon", () => {
  test("is the one built here, else the prebuilt one of this system, else an error with the command that builds it", () => {
    const here = path.join(folder, "package");
    vi.stubEnv("TELLTALE_ADDON", "");
    expect(() => findAddon(here)).toThrow(BUILD);
    expect(() => findAddon(here)).toThrow(`no native addon for ${process.platform}-${process.arch}`);
    for (const [place, origin] of [
      [`prebuilds/${process.platform}-${process.arch}`, "prebuilt"],
      ["build/Release", "built"],
    ] as const) {
      const file = path.join(here, place, "telltale.node");
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, "");
      expect(findAddon(here)).toEqual({ file, origin });
    }
    vi.unstubAllEnvs();
  });

  test("that does not load is an error with the file, the cause and what to do", () => {
    const error = addonFailure({ file: "/there/telltale.node", origin: "prebuilt" }, new Error(TOO_OLD), () => "2.31");
    expect(error.code).toBe("NO_LIBRARY");
    expect(error.message).toContain("/there/telltale.node");
    expect(error.message).toContain("this system's C library is glibc 2.31, and 2.34 is needed");
    expect(error.message).toContain(TOO_OLD);
    expect(error.message).toMatch(BUILD);
  });

  test.each([
    ["that is not there", path.join(folder, "none.node"), /none\.node, which is not there: correct it, or unset it/],
    [
      "that is none",
      path.join(folder, "text.node"),
      /cannot be loaded: .*\. Name one that was built for this system, or/,
    ],
  ])("named by the variable %s is an error of the command line", async (_, file, sentence) => {
    writeFileSync(
      path.join(folder, "text.node"),
      "not an addon, but long enough to be looked at as an object file\n".repeat(9),
    );
    const env = { ...process.env, TELLTALE_ADDON: file };
    const { status, stderr } = await runCli(["tokenize", "models/base-a-q8_0.gguf", "a text"], { env });
    expect(status).toBe(7);
    expect(stderr).toMatch(sentence);
    expect(stderr).toContain("NO_LIBRARY");
  });
});

describe("what the system's loader says", () => {
  test.runIf(process.platform === "linux").each<[string, string | undefined, string]>([
    [TOO_OLD, "2.31", "glibc 2.31, and 2.34 is needed"],
    ["libstdc++.so.6: version `GLIBCXX_3.4.30' not found (required by x)", "2.34", "it lacks GLIBCXX_3.4.30"],
    ["libstdc++.so.6: version `CXXABI_1.3.13' not found (required by x)", "2.34", "libstdc++) is too old"],
    ["telltale.node: invalid ELF header", "2.36", "for another system or processor"],
    [
      "Error loading shared library ld-linux-x86-64.so.2: No such file or directory",
      undefined,
      "another C library (musl",
    ],
  ])("%s", (said, glibc, cause) => {
    expect(loaderCause(said, () => glibc)).toContain(cause);
  });

  test("is not explained where nothing is known of it", () => {
    expect(loaderCause("out of luck", () => "2.36")).toBeUndefined();
  });
});

test("a backend whose package is missing names the package, its version and the command", () => {
  // What Telltale reads of node-llama-cpp, in a project that has nothing else of it.
  const modules = path.join(folder, "project", "node_modules");
  const name = "node-llama-cpp";
  for (const file of ["package.json", "dist/index.js", "llama/llama.cpp.info.json"]) {
    cpSync(path.join(ROOT, "node_modules", name, file), path.join(modules, name, file));
  }
  cpSync(path.join(ROOT, "dist"), path.join(modules, "telltale", "dist"), { recursive: true });
  cpSync(path.join(ROOT, "package.json"), path.join(modules, "telltale", "package.json"));
  const script = `
    import { findLibrary } from "./node_modules/telltale/dist/engine/native/library.js";
    for (const backend of ["cpu", "metal"]) {
      try { findLibrary(backend) } catch (error) { console.log(error.code, error.message) }
    }`;
  const options = { cwd: path.join(folder, "project"), encoding: "utf8" } as const;
  const args = ["--input-type=module", "-e", script];
  const { stdout } = spawnSync(process.execPath, args, options);
  expect(stdout).toMatch(/^NO_BACKEND The cpu backend is not installed: its package @node-llama-cpp\/\S+ is missing\./);
  if (process.platform !== "darwin") {
    expect(stdout).toMatch(
      /no prebuilt metal backend for .*; prebuilt here: cpu, cuda, vulkan\. .*build-llama\.mjs --metal`/,
    );
  }
  expect(stdout).toMatch(/`npm install --save-exact @node-llama-cpp\/[\w-]+@3\.\d+\.\d+` \(with `--omit=optional/);
});

test.each([
  ["20.18.3", false],
  ["20.19.0", true],
  ["20.20.2", true],
  ["21.7.3", false],
  ["22.11.0", false],
  ["22.12.0", true],
  ["24.1.0", true],
])("Node.js %s fits: %s", (version, fits) => {
  expect(satisfies(version, "^20.19.0 || >=22.12.0")).toBe(fits);
});
