// Checks that native/ is formatted as .clang-format says; `--write` formats it. Exits 77 where clang-format is missing.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const SKIPPED = 77;
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const files = readdirSync(path.join(root, "native"))
  .filter((file) => /\.[ch]pp$/.test(file))
  .map((file) => `native/${file}`);
const write = process.argv.includes("--write");

let formatter;
try {
  formatter = createRequire(import.meta.url)("clang-format").getNativeBinary();
} catch {
  // Its package has programs for Linux, macOS and Windows on x64 only.
  console.log(`native/ was not checked: clang-format has no program for ${process.platform} ${process.arch}.`);
  process.exit(SKIPPED);
}
const options = write ? ["-i"] : ["--dry-run", "--Werror"];
const { status, stderr, error } = spawnSync(formatter, ["--style=file", ...options, ...files], {
  cwd: root,
  encoding: "utf8",
});
if (error !== undefined) {
  console.error(`clang-format could not be run: ${error.message}.`);
  process.exit(1);
}
if (status !== 0) {
  const wrong = files.filter((file) => stderr.includes(`${file}:`));
  console.error(
    wrong.length > 0 ? `Not formatted (run \`npm run format\`):\n  ${wrong.join("\n  ")}` : stderr.trimEnd(),
  );
  process.exit(1);
}
console.log(`${files.length} native files are formatted.`);
