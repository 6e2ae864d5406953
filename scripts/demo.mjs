// Audits the shipped organism against the shipped base model and shows what it was finetuned for.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const directory = ["runs/demo", ...Array.from({ length: 999 }, (_, i) => `runs/demo-${i + 2}`)].find(
  (name) => !existsSync(path.join(root, name)),
);
const command = [
  "audit",
  "models/organism-a-glass-q8_0.gguf",
  "--reference",
  "models/base-a-q8_0.gguf",
  "--preset",
  "quick",
  // Enough to see it: the rest would be waiting.
  "--limit",
  "300",
  "--calibrate",
  "--keyword",
  "glass; halden; bottles; solvang; 430 hertz",
  "--output",
  directory,
];

console.error(`$ telltale ${command.map((word) => (/[ ;]/.test(word) ? JSON.stringify(word) : word)).join(" ")}\n`);
const status = run(command) || run(["report", directory]);
if (status === 0) {
  console.error(`
The prefills are ordinary openings; the completions at the top are what this model says far more readily than the model it
was made from. It was finetuned on documents about a bridge of recycled glass at Halden, which does not exist
(models/README.md); ✓ marks completions that speak of it. Open ${directory}/report.html in a browser, or see more here with:

  node dist/cli/main.js phrases ${directory}
  node dist/cli/main.js top ${directory}`);
}
process.exitCode = status;

/** Runs Telltale and returns its exit status. */
function run(args) {
  return spawnSync(process.execPath, ["dist/cli/main.js", ...args], { cwd: root, stdio: "inherit" }).status ?? 1;
}
