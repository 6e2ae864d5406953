// The whole source of llama.cpp, from the bundle inside node-llama-cpp: the same release as the prebuilt libraries, without
// any download. For what is compiled here: the peers and a library of one's own.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const nodeLlamaCpp = path.resolve(path.dirname(createRequire(import.meta.url).resolve("node-llama-cpp")), "..");

/** llama.cpp's release, e.g. "v0.5.0". */
export const { tag } = JSON.parse(readFileSync(path.join(nodeLlamaCpp, "llama", "llama.cpp.info.json"), "utf8"));

const source = path.join(root, ".cache", `peers-${tag}`, "source");

/** A path as messages show it: from the package's folder, where it lies in it. */
export function shown(file) {
  const relative = path.relative(root, file);
  return (relative.startsWith("..") ? file : relative).replaceAll("\\", "/");
}

/** Unpacks the source where that has not been done yet, and returns its folder. */
export function llamaSource() {
  if (existsSync(source)) return source;
  const scratch = `${source}.${process.pid}`;
  mkdirSync(scratch, { recursive: true });
  const git = (...args) => execFileSync("git", args, { cwd: scratch, stdio: ["ignore", "ignore", "inherit"] });
  try {
    git("init", "--quiet", ".");
    git("fetch", "--quiet", path.join(nodeLlamaCpp, "llama", "gitRelease.bundle"), "HEAD");
    git("checkout", "--quiet", "FETCH_HEAD");
    renameSync(scratch, source);
  } catch (error) {
    rmSync(scratch, { recursive: true, force: true });
    if (!existsSync(source)) throw error;
  }
  return source;
}
