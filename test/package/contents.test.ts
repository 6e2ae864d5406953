import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { ROOT } from "../cli/run-cli.js";
import { packed } from "./packed.js";

const MEGABYTE = 1_000_000;
const { files, unpackedSize } = packed();
const paths = files.map(({ path }) => path);
const read = (file: string): string => readFileSync(path.join(ROOT, file), "utf8");

describe("the package", () => {
  test.each([
    "dist/index.js",
    "dist/index.cjs",
    "dist/index.d.ts",
    "dist/index.d.cts",
    "dist/cli/main.js",
    "dist/engine/host/child.js",
    "dist/rank/worker.js",
    "dist/report/page",
    "src/report/style",
    `prebuilds/${process.platform}-${process.arch}/telltale.node`,
    "native/addon.cpp",
    "CMakeLists.txt",
    "scripts/build-addon.mjs",
    "scripts/build-llama.mjs",
    "scripts/llama-headers.mjs",
    "corpora/builtin",
    "catalogues/paper.yaml",
    "schemas",
    "models/base-a-q8_0.gguf",
    "docs/install.md",
    "README.md",
    "LICENSE",
    "SECURITY.md",
    "CHANGELOG.md",
  ])("has %s", (wanted) => {
    expect(paths.some((file) => file === wanted || file.startsWith(`${wanted}/`))).toBe(true);
  });

  test("has nothing but what is listed: no tests, sources, maps, caches, build outputs or hidden files", () => {
    const known =
      /^((dist|prebuilds|src\/report\/style|native|catalogues|corpora|models|schemas|scripts|docs)\/|[\w.]+\.(md|json|gyp|txt)$|LICENSE$)/;
    const unwanted =
      /(^|\/)\.|\.map$|\.tsbuildinfo$|(^|\/)(test|bench|build|node_modules)\/|^src\/.*\.[cm]?ts$|\.log$|\.tgz$/;
    // dist/bench is a room of the library, compiled.
    const wrong = paths.filter((file) => !known.test(file) || unwanted.test(file.replace(/^dist\/bench\//, "dist/")));
    expect(wrong).toEqual([]);
  });

  test("names no folder of the machine that it was packed on", () => {
    // Not merely the end of another path, should the machine's folder have as plain a name as /src.
    const escaped = ROOT.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    const folder = new RegExp(`(?<![\\w.-])${escaped}`);
    expect(paths.filter((file) => folder.test(readFileSync(path.join(ROOT, file), "latin1")))).toEqual([]);
  });

  test("has every file that another one of it imports", () => {
    const there = new Set(paths);
    const missing = paths
      .filter((file) => /^(dist|scripts)\/.*\.([cm]?js|d\.[cm]?ts)$/.test(file))
      .flatMap((file) =>
        [...read(file).matchAll(/(?:\bfrom |\bimport\(|\brequire\(|^import )"(\.[^"]+)"/gm)].map(([, to = ""]) => {
          const target = path.posix.join(path.posix.dirname(file), to);
          return /\.d\.[cm]?ts$/.test(file) ? target.replace(/js$/, "d.ts").replace(/\.cd\.ts$/, ".d.cts") : target;
        }),
      )
      .filter((target) => !there.has(target));
    expect(missing).toEqual([]);
  });

  test("is under 3 MB without the demo models", () => {
    const models = files.filter((file) => file.path.startsWith("models/")).reduce((sum, { size }) => sum + size, 0);
    expect(models).toBeGreaterThan(MEGABYTE);
    expect(unpackedSize - models).toBeLessThan(3 * MEGABYTE);
  });

  test("says how to install the backends of the very node-llama-cpp that it depends on", () => {
    const { dependencies } = JSON.parse(read("package.json")) as { dependencies: Record<string, string> };
    const named = [...read("docs/install.md").matchAll(/@node-llama-cpp\/[\w-]+@([\d.]+\d)/g)].map(
      ([, version]) => version,
    );
    expect(new Set(named)).toEqual(new Set([dependencies["node-llama-cpp"]]));
  });

  test("runs nothing when it is installed", () => {
    const { scripts, gypfile } = JSON.parse(read("package.json")) as { scripts: object; gypfile: boolean };
    const lifecycle = ["preinstall", "install", "postinstall", "prepare", "preprepare", "postprepare"];
    expect(Object.keys(scripts).filter((name) => lifecycle.includes(name))).toEqual([]);
    // Else npm would run node-gyp, since there is a binding.gyp.
    expect(gypfile).toBe(false);
  });
});
