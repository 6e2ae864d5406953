import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const PEERS = ["llama-quantize", "llama-bench", "llama-batched-bench", "llama-perplexity", "llama-server"] as const;
export type Peer = (typeof PEERS)[number];

/** This repository's root: the compiled bench lies two folders below it. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** llama.cpp's release inside node-llama-cpp, which the tools are built from. */
export const LLAMA_RELEASE = (() => {
  const require = createRequire(import.meta.url);
  const info = path.resolve(path.dirname(require.resolve("node-llama-cpp")), "../llama/llama.cpp.info.json");
  return (require(info) as { tag: string }).tag;
})();

/** Where `npm run build:peers` put the tool; undefined where it did not. */
function findPeer(peer: Peer): string | undefined {
  const name = process.platform === "win32" ? `${peer}.exe` : peer;
  const build = path.join(ROOT, ".cache", `peers-${LLAMA_RELEASE}`, "build");
  return ["bin", "bin/Release"].map((bin) => path.join(build, bin, name)).find(existsSync);
}

export function allPeersBuilt(): boolean {
  return PEERS.every((name) => findPeer(name) !== undefined);
}

/** The tool's path; throws a sentence saying how to build it. */
export function peer(name: Peer): string {
  const found = findPeer(name);
  if (found === undefined) throw new Error(`${name} is not built: run \`npm run build:peers\` once (some minutes).`);
  return found;
}
