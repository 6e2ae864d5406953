// Proves that binding.gyp builds the same addon as CMakeLists.txt: builds it in a temporary copy, so that build/ stays as it
// is, loads it, and compares what both export. Exits 77 where node-gyp cannot get what it needs.
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const SKIPPED = 77;
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const require = createRequire(import.meta.url);
const nodeGyp = path.join(path.dirname(require.resolve("node-gyp/package.json")), "bin", "node-gyp.js");

function run(folder, ...args) {
  const options = { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1 << 28 };
  const { status, stdout, stderr } = spawnSync(process.execPath, [nodeGyp, ...args], options);
  return { ok: status === 0, output: `${stdout}${stderr}` };
}

/** Where Node's headers lie: npm's own setting, or beside this Node; undefined to have node-gyp download them. */
function headersFolder() {
  const shell = process.platform === "win32";
  const set = spawnSync("npm", ["config", "get", "nodedir"], { encoding: "utf8", shell }).stdout?.trim();
  const folders = [set, path.resolve(path.dirname(process.execPath), "..")];
  return folders.find((folder) => folder && existsSync(path.join(folder, "include", "node", "node_api.h")));
}

/** Names exported by an addon, read in a process of its own. */
function exportsOf(addon) {
  const script = "console.log(JSON.stringify(Object.keys(require(process.argv[1])).sort()))";
  return execFileSync(process.execPath, ["-e", script, addon], { encoding: "utf8" }).trim();
}

const copy = mkdtempSync(path.join(tmpdir(), "telltale-gyp-"));
process.on("exit", () => rmSync(copy, { recursive: true, force: true }));
const needed = ["native", "scripts", "binding.gyp", "package.json"].filter((name) => existsSync(path.join(root, name)));
for (const name of needed) cpSync(path.join(root, name), path.join(copy, name), { recursive: true });
symlinkSync(path.join(root, "node_modules"), path.join(copy, "node_modules"), "junction");

const headers = headersFolder();
if (headers === undefined) {
  const { ok, output } = run(copy, "install");
  if (!ok) {
    console.log(`binding.gyp was not tried: Node's headers are not installed and could not be downloaded.\n${output}`);
    process.exit(SKIPPED);
  }
}
const { ok, output } = run(copy, "rebuild", "--jobs", "max", ...(headers === undefined ? [] : ["--nodedir", headers]));
if (!ok && /find Python/.test(output)) {
  console.log("binding.gyp was not tried: node-gyp needs Python, which is not installed.");
  process.exit(SKIPPED);
}
if (!ok) {
  console.error(`binding.gyp does not build:\n${output}`);
  process.exit(1);
}
const [own, theirs] = [copy, root].map((folder) => exportsOf(path.join(folder, "build", "Release", "telltale.node")));
if (own !== theirs) {
  console.error(`The two builds export different names:\n  binding.gyp     ${own}\n  CMakeLists.txt  ${theirs}`);
  process.exit(1);
}
console.log(`binding.gyp builds an addon with the same exports: ${own}`);
