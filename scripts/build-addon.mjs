// Builds the native addon where it is missing or older than what it is made of. `--force` builds it anew in any case;
// `--sanitize` builds another one, into a folder of its own, that ends the process at a memory fault or undefined behaviour;
// `--debug` one for a debugger, without optimisation and with the standard library's assertions.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const require = createRequire(import.meta.url);
const sanitize = process.argv.includes("--sanitize");
const debug = process.argv.includes("--debug");
const folder = path.join(root, sanitize ? "build-sanitized" : debug ? "build-debug" : "build");
const addon = path.join(folder, debug ? "Debug" : "Release", "telltale.node");
const stampFile = path.join(folder, "telltale.stamp.json");

function version(name) {
  // node-llama-cpp does not export its package.json; it lies above the entry point.
  const file =
    name === "node-llama-cpp"
      ? path.resolve(require.resolve(name), "../../package.json")
      : require.resolve(`${name}/package.json`);
  return JSON.parse(readFileSync(file, "utf8")).version;
}

/** What the addon is made with, and a hash of what it is made of. */
function currentStamp() {
  const hash = createHash("sha256");
  const native = readdirSync(path.join(root, "native")).filter((file) => /\.[ch]pp$/.test(file));
  for (const file of [
    "CMakeLists.txt",
    "scripts/llama-headers.mjs",
    ...native.sort().map((name) => `native/${name}`),
  ]) {
    hash.update(`${file}\0`).update(readFileSync(path.join(root, file)));
  }
  const packages = ["cmake-js", "node-addon-api", "node-llama-cpp"].map((name) => `${name} ${version(name)}`);
  const made = [process.platform, process.arch, root, ...packages].join(", ");
  return { made, sources: hash.digest("hex") };
}

function readStamp() {
  try {
    return JSON.parse(readFileSync(stampFile, "utf8"));
  } catch {
    return undefined;
  }
}

function likelyCauses() {
  const there = (command) => spawnSync(command, ["--version"]).error === undefined;
  const compilers = process.platform === "win32" ? [] : [process.env.CXX, "c++", "g++", "clang++"];
  const causes = [];
  if (!there("git")) causes.push("git is not installed: llama.cpp's headers are unpacked with it");
  if (!there("cmake")) causes.push("cmake is not installed: 3.18 or later is needed");
  if (compilers.length > 0 && !compilers.some((name) => name && there(name))) {
    causes.push("no C++ compiler is installed");
  }
  return causes.length > 0
    ? causes
    : ["the C++ compiler may be too old: C++20 is needed (g++ 11, clang 13, Visual Studio 2022)"];
}

const stamp = currentStamp();
const before = existsSync(addon) ? readStamp() : undefined;
const force = process.argv.includes("--force");
if (!force && before?.made === stamp.made && before.sources === stamp.sources) process.exit(0);

// With other tools or in another folder, what cmake remembers of the last build is wrong.
const command = force || before?.made !== stamp.made ? "rebuild" : "build";
const why = force ? "as asked" : before === undefined ? "there is none yet" : "its sources or tools have changed";
console.log(`Building the native addon${sanitize ? " under sanitizers" : debug ? " for debugging" : ""} (${why}).`);
const cmakeJs = path.join(path.dirname(require.resolve("cmake-js/package.json")), "bin", "cmake-js");
const parallel = String(availableParallelism());
const { status, stdout, stderr, error } = spawnSync(
  process.execPath,
  [
    ...[cmakeJs, command, "--parallel", parallel, "--directory", root, "--out", folder],
    ...(debug ? ["--debug", "--CDCMAKE_CXX_FLAGS_DEBUG=-O0 -g3 -D_GLIBCXX_ASSERTIONS"] : []),
    ...(sanitize ? ["--CDTELLTALE_SANITIZE=address,undefined,float-cast-overflow"] : []),
  ],
  { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1 << 28 },
);
if (error !== undefined || status !== 0 || !existsSync(addon)) {
  console.error(`${stdout ?? ""}${stderr ?? ""}${error?.message ?? ""}`.trimEnd());
  console.error("\nThe native addon could not be built. Likely causes:");
  for (const cause of likelyCauses()) console.error(`  - ${cause}`);
  process.exit(1);
}
writeFileSync(stampFile, JSON.stringify(stamp));
if (debug) console.log(`To use it: TELLTALE_ADDON=${JSON.stringify(addon)}`);
