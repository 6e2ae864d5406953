// Makes prebuilds/<platform>-<arch>/telltale.node, the addon that goes into the package: the one that build-addon.mjs builds,
// stripped. It may ask no more of a system than node-llama-cpp's own prebuilt libraries do, and it has to load.
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, renameSync, statSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/**
 * What the libraries of node-llama-cpp 3.22.1 ask for. Linking libstdc++ and libgcc statically would not widen it: they bring
 * in newer functions of glibc than the addon itself uses (2.36 with Debian 12's).
 */
const MOST = { GLIBC: "2.34", GLIBCXX: "3.4.30", CXXABI: "1.3.13" };

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const built = path.join(root, "build", "Release", "telltale.node");
const folder = path.join(root, "prebuilds", `${process.platform}-${process.arch}`);
const scratch = path.join(folder, `telltale.${process.pid}.node`);

/** The symbols that only a debugger wants; Windows has them in a file of its own. */
function strip() {
  const args = { linux: ["--strip-unneeded"], darwin: ["-x"] }[process.platform];
  if (args === undefined) return;
  const { error, status } = spawnSync("strip", [...args, scratch], { stdio: ["ignore", "inherit", "inherit"] });
  if (error !== undefined || status !== 0) {
    throw new Error(
      "strip, which comes with the compiler, is missing or failed: the addon would be larger than it need be.",
    );
  }
}

/** The newest version of each system library that the addon names, e.g. { GLIBC: "2.34" }. */
function needs() {
  const newest = {};
  const text = readFileSync(scratch, "latin1");
  for (const [, name, version] of text.matchAll(/\b(GLIBC|GLIBCXX|CXXABI)_(\d+(?:\.\d+)+)\0/g)) {
    if (newest[name] === undefined || newer(version, newest[name])) newest[name] = version;
  }
  return newest;
}

function newer(version, than) {
  const [a, b] = [version, than].map((each) => each.split(".").map(Number));
  const i = a.findIndex((part, index) => part !== (b[index] ?? 0));
  return i >= 0 && a[i] > (b[i] ?? 0);
}

execFileSync(process.execPath, [path.join(root, "scripts", "build-addon.mjs")], {
  stdio: ["ignore", "inherit", "inherit"],
});
mkdirSync(folder, { recursive: true });
copyFileSync(built, scratch);
try {
  strip();
  const found = needs();
  const tooNew = Object.keys(MOST).filter((name) => found[name] !== undefined && newer(found[name], MOST[name]));
  if (tooNew.length > 0) {
    const list = tooNew.map((name) => `${name} ${found[name]}, at most ${MOST[name]}`).join("; ");
    throw new Error(`the addon asks for too new a system: ${list}. Build it on Debian 12, Ubuntu 22.04 or their like.`);
  }
  execFileSync(process.execPath, ["-e", "require(process.argv[1])", scratch], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  // In one step: another process may be loading the one that was there.
  renameSync(scratch, path.join(folder, "telltale.node"));
  const versions = Object.entries(found).map(([name, version]) => `${name} ${version}`);
  const kilobytes = Math.round(statSync(path.join(folder, "telltale.node")).size / 1000);
  console.log(`prebuilds/${path.basename(folder)}/telltale.node: ${[`${kilobytes} kB`, ...versions].join(", ")}`);
} catch (error) {
  console.error(`No prebuilt addon was made: ${error.message}`);
  process.exitCode = 1;
}
