import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, symlinkSync } from "node:fs";
import path from "node:path";
import { ROOT } from "../cli/run-cli.js";

export interface Packed {
  /** The tarball's files, as npm would put them in, and their bytes. */
  files: { path: string; size: number }[];
  unpackedSize: number;
}

/** What `npm pack` would pack of what lies here: the addon made ready first, dist/ as it is. */
export function packed(): Packed {
  execFileSync(process.execPath, ["scripts/build-prebuilt.mjs"], { cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] });
  const shell = process.platform === "win32";
  const args = ["pack", "--dry-run", "--json", "--ignore-scripts", "--offline"];
  const said = execFileSync("npm", args, { cwd: ROOT, shell, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  const [tarball] = JSON.parse(said) as [Packed];
  return tarball;
}

/** An empty project into which the package is put as npm would, its dependencies beside it. Returns the package's folder. */
export function install(project: string, { files }: Packed): string {
  const modules = path.join(project, "node_modules");
  const folder = path.join(modules, "telltale");
  for (const file of files) cpSync(path.join(ROOT, file.path), path.join(folder, file.path));
  const manifest = ["node-llama-cpp", "zod", "commander", "picocolors", "piscina", "yaml", "hyparquet", "@huggingface"];
  // Types for a caller's own code, which every TypeScript project for Node.js has.
  for (const name of [...manifest, "@types", "undici-types"]) {
    mkdirSync(path.dirname(path.join(modules, name)), { recursive: true });
    symlinkSync(path.join(ROOT, "node_modules", name), path.join(modules, name), "junction");
  }
  return folder;
}
