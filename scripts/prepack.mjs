// Run by npm before it packs: all that the package holds and git does not. dist/ is compiled anew, so that nothing is left of
// files that are gone, and without source maps, which would point to sources that are not in the package.
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const require = createRequire(import.meta.url);
const tsc = path.join(path.dirname(require.resolve("typescript/package.json")), "bin", "tsc");

// To stderr: `npm pack --json` prints its own answer to stdout.
function run(...args) {
  execFileSync(process.execPath, args, { cwd: root, stdio: ["ignore", 2, 2] });
}

rmSync(path.join(root, "dist"), { recursive: true, force: true });
run(tsc, "-p", "tsconfig.build.json", "--sourceMap", "false");
run(tsc, "-p", "tsconfig.page.json");
run(path.join("scripts", "build-prebuilt.mjs"));
