// Moves Telltale to another release of node-llama-cpp, and with it of llama.cpp: npm run upgrade:llama -- VERSION [--check] [--force].
// First the candidate is installed into a temporary folder, compared with today's in all that Telltale uses, built against and
// scored with there. With --check that is all. Otherwise the pin is moved, unless something stands against it.
import { execFileSync, spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { prebuiltPackage } from "../dist/engine/native/library.js";
import { namesUsed, readApi } from "./llama-api.mjs";
import { describe, drift, moveLayoutCheck } from "./llama-drift.mjs";
import { probe } from "./llama-probe.mjs";

const USAGE = "npm run upgrade:llama -- VERSION [--check] [--force]";
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const LAYOUT = path.join("native", "llama_library.cpp");
const platform = prebuiltPackage("cpu");
const scratch = mkdtempSync(path.join(tmpdir(), "telltale-upgrade-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));

function fail(sentence) {
  console.error(`Not upgraded: ${sentence}`);
  process.exit(1);
}

function asked() {
  try {
    const options = { check: { type: "boolean" }, force: { type: "boolean" } };
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    if (positionals.length === 1 && /^\d+\.\d+\.\d+[\w.-]*$/.test(positionals[0]))
      return { version: positionals[0], ...values };
  } catch (error) {
    return fail(`${error.message} Usage: ${USAGE}`);
  }
  return fail(`one exact version of node-llama-cpp is needed. Usage: ${USAGE}`);
}

/** Runs a command and says whether it went well, with what it said. */
function attempt(command, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8", maxBuffer: 1 << 28 });
  return { ok: status === 0, output: `${stdout ?? ""}${stderr ?? ""}${error?.message ?? ""}`.trim() };
}

/** A release that is installed in a folder of modules: its versions, headers and libraries. */
function release(modules, name) {
  const own = path.join(modules, "node-llama-cpp");
  const json = (file) => JSON.parse(readFileSync(path.join(own, file), "utf8"));
  const headers = path.join(scratch, name);
  mkdirSync(headers);
  const git = (...args) => execFileSync("git", args, { cwd: headers, stdio: ["ignore", "ignore", "pipe"] });
  git("init", "--quiet", ".");
  git("fetch", "--quiet", path.join(own, "llama", "gitRelease.bundle"), "HEAD");
  git("checkout", "--quiet", "FETCH_HEAD", "--", "include", "ggml/include");
  const bins = path.join(modules, "@node-llama-cpp", platform, "bins", platform);
  if (!existsSync(bins)) fail(`@node-llama-cpp/${platform} is not installed beside node-llama-cpp in ${modules}.`);
  const folders = [path.join(headers, "include"), path.join(headers, "ggml", "include")];
  const api = readApi(folders, namesUsed(root));
  return {
    version: json("package.json").version,
    tag: json("llama/llama.cpp.info.json").tag,
    api,
    facts: probe(api, folders, bins, headers),
  };
}

function install(version) {
  const folder = path.join(scratch, "candidate");
  mkdirSync(folder);
  writeFileSync(path.join(folder, "package.json"), '{ "private": true }\n');
  const packages = [`node-llama-cpp@${version}`, `@node-llama-cpp/${platform}@${version}`];
  const options = ["--ignore-scripts", "--omit=optional", "--no-audit", "--no-fund"];
  const { ok, output } = attempt("npm", ["install", ...packages, ...options], folder);
  if (!ok) fail(`node-llama-cpp ${version} could not be installed:\n${output}`);
  return path.join(folder, "node_modules");
}

/** A copy of what the addon is built from and golden scores need, with the candidate among its modules. */
function copyWith(candidate, layout) {
  const copy = path.join(scratch, "copy");
  const parts = ["native", "scripts", "dist", "models", "test/fixtures/golden", "CMakeLists.txt", "package.json"];
  for (const part of parts) cpSync(path.join(root, part), path.join(copy, part), { recursive: true });
  writeFileSync(path.join(copy, LAYOUT), layout);
  const modules = path.join(copy, "node_modules");
  mkdirSync(modules);
  for (const name of readdirSync(path.join(root, "node_modules"))) {
    if (["node-llama-cpp", "@node-llama-cpp"].includes(name) || name.startsWith(".package-lock")) continue;
    symlinkSync(path.join(root, "node_modules", name), path.join(modules, name), "junction");
  }
  for (const name of ["node-llama-cpp", "@node-llama-cpp"])
    symlinkSync(path.join(candidate, name), path.join(modules, name), "junction");
  return copy;
}

/** Builds in a folder and scores there; the lines of the report, and whether all went well. */
function buildAndScore(folder, today) {
  const node = (script, ...args) => attempt(process.execPath, [path.join(folder, "scripts", script), ...args], folder);
  const built = node("build-addon.mjs");
  if (!built.ok) {
    const errors = built.output.split("\n").filter((line) => /\berror\b:/.test(line));
    const named = errors.map((line) => `  ${line.replaceAll(`${folder}${path.sep}`, "")}`);
    return { ok: false, lines: ["the addon cannot be built:", ...[...new Set(named)].slice(0, 20)] };
  }
  const golden = node("golden-scores.mjs");
  const same = today === undefined ? undefined : node("golden-scores.mjs", "--against", today);
  const lines = ["the addon is built", `golden scores: ${golden.output}`];
  if (same !== undefined) lines.push(`against today's libraries, here: ${same.output}`);
  return { ok: golden.ok && same?.ok !== false, lines };
}

const { version, check = false, force = false } = asked();
const before = release(path.join(root, "node_modules"), "today");
console.log(
  `Comparing node-llama-cpp ${before.version} (llama.cpp ${before.tag}) with ${version}, in a temporary folder.\n`,
);
const modules = install(version);
const after = release(modules, "then");
const sections = drift(before, after);
for (const section of sections) console.log(describe(section));
const layout = moveLayoutCheck(readFileSync(path.join(root, LAYOUT), "utf8"), after.facts);
const changed = sections.reduce((sum, section) => sum + section.changes.length, 0);

const today = path.join(scratch, "today.json");
const scored = attempt(process.execPath, [path.join(root, "scripts", "golden-scores.mjs"), "--write", today], root);
if (!scored.ok) fail(`today's libraries give no golden scores: ${scored.output}`);
const tried = buildAndScore(copyWith(modules, layout.source), today);
console.log(`\nllama.cpp ${before.tag} -> ${after.tag}: ${tried.lines.join("\n")}`);
for (const line of layout.left) console.log(`the layout check in ${LAYOUT} has to be looked at: ${line}`);
const stops = !tried.ok || layout.left.length > 0 || sections.some((section) => section.stops);
console.log(
  `\n${changed === 0 ? "Nothing drifted" : `${changed} things drifted`}; ${stops ? "the upgrade needs work" : "nothing stands against the upgrade"}.`,
);
if (check || (stops && !force)) process.exit(stops ? 1 : 0);

console.log(`\nMoving the pin to node-llama-cpp ${version}.`);
const moved = attempt("npm", ["install", "--save-exact", `node-llama-cpp@${version}`, "--ignore-scripts"], root);
if (!moved.ok) fail(`npm could not install it:\n${moved.output}`);
writeFileSync(path.join(root, LAYOUT), layout.source);
const here = buildAndScore(root);
console.log(`${here.lines.join("\n")}

Left to do, see docs/llama-cpp.md:
  1. read the changes above in llama.h, for what a signature does not tell
  2. npm run check; npm run test:sanitized
  3. where golden scores moved and that is right: node scripts/golden-scores.mjs --write test/fixtures/golden/demo-pair.json, npm run format
  4. npm run bench:peers, and CHANGELOG.md`);
process.exitCode = here.ok ? 0 : 1;
