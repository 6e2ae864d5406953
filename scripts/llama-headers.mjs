// Prints the include folders of llama.cpp's headers, one a line, for both builds of the addon. The headers come from
// the source bundle inside node-llama-cpp, so that they are of the very release whose prebuilt libraries are opened.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const nodeLlamaCpp = path.resolve(path.dirname(createRequire(import.meta.url).resolve("node-llama-cpp")), "..");
const bundle = path.join(nodeLlamaCpp, "llama", "gitRelease.bundle");
const { tag } = JSON.parse(readFileSync(path.join(nodeLlamaCpp, "llama", "llama.cpp.info.json"), "utf8"));
const target = path.join(root, ".cache", `llama.cpp-${tag}-headers`);

if (!existsSync(target)) {
  const scratch = `${target}.${process.pid}`;
  const repository = path.join(scratch, ".git");
  mkdirSync(scratch, { recursive: true });
  const git = (...args) => execFileSync("git", args, { cwd: scratch, stdio: ["ignore", "ignore", "inherit"] });
  git("init", "--quiet", scratch);
  git("fetch", "--quiet", bundle, "HEAD");
  git("checkout", "--quiet", "FETCH_HEAD", "--", "include", "ggml/include");
  rmSync(repository, { recursive: true, force: true });
  try {
    renameSync(scratch, target);
  } catch (error) {
    rmSync(scratch, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
}

console.log(["include", "ggml/include"].map((folder) => path.join(target, folder).replaceAll("\\", "/")).join("\n"));
