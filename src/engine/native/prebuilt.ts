import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import type { Backend } from "./library.js";

const require = createRequire(import.meta.url);

/** node-llama-cpp's package of prebuilt libraries for a backend on this platform; undefined where there is none. */
export function prebuiltPackage(
  backend: Backend,
  platform = process.platform,
  arch = process.arch,
): string | undefined {
  const system = { linux: "linux", darwin: "mac", win32: "win" }[platform as string];
  if (system === undefined) return undefined;
  // Apple silicon has one package, with both the CPU and Metal in it.
  if (system === "mac") {
    if (backend === "cuda" || backend === "vulkan" || (backend === "metal" && arch !== "arm64")) return undefined;
    return arch === "arm64" ? "mac-arm64-metal" : "mac-x64";
  }
  if (backend === "metal") return undefined;
  const plain = `${system}-${arch === "arm" ? "armv7l" : arch}`;
  return backend === "cpu" ? plain : `${plain}-${backend}`;
}

/** The folder of such a package's libraries. Throws where it is not installed. */
export function prebuiltFolder(name: string): string {
  return path.join(path.dirname(resolved(`@node-llama-cpp/${name}`)), "../bins", name);
}

/** How to get such a package: exactly the one that fits, and without all those that `--omit=optional` has left out. */
export function installAdvice(name: string): string {
  const manifest = path.resolve(path.dirname(require.resolve("node-llama-cpp")), "../package.json");
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
  return `Install it with \`npm install --save-exact @node-llama-cpp/${name}@${version}\` (with \`--omit=optional --ignore-scripts\` as well, where Telltale was installed so).`;
}

/** A package as node-llama-cpp sees it, whose dependency it is, else as Telltale does, beside which it may have been added. */
function resolved(name: string): string {
  try {
    return createRequire(require.resolve("node-llama-cpp")).resolve(name);
  } catch {
    return require.resolve(name);
  }
}
