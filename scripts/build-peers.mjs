// Builds llama.cpp's own tools, which Telltale is tested and measured beside, from the source bundle inside
// node-llama-cpp: the same release as the prebuilt libraries, compiled for this processor, without any download.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import path from "node:path";
import { llamaSource, root, shown, tag } from "./llama-source.mjs";

const TOOLS = ["llama-perplexity", "llama-quantize", "llama-bench", "llama-batched-bench", "llama-server"];

// Without these two about the user interface llama-server's build runs npm or downloads pages; it serves its API the same.
const OPTIONS = [
  "-DCMAKE_BUILD_TYPE=Release",
  "-DBUILD_SHARED_LIBS=ON",
  "-DGGML_NATIVE=ON",
  "-DLLAMA_CURL=OFF",
  "-DLLAMA_OPENSSL=OFF",
  "-DLLAMA_BUILD_TESTS=OFF",
  "-DLLAMA_BUILD_EXAMPLES=OFF",
  "-DLLAMA_BUILD_APP=OFF",
  "-DLLAMA_BUILD_UI=OFF",
  "-DLLAMA_USE_PREBUILT_UI=OFF",
];

const folder = path.join(root, ".cache", `peers-${tag}`);
const build = path.join(folder, "build");
const stampFile = path.join(folder, "built.json");
const stamp = JSON.stringify({ tag, options: OPTIONS, tools: TOOLS });

function toolPath(tool) {
  const name = process.platform === "win32" ? `${tool}.exe` : tool;
  return ["bin", "bin/Release"].map((bin) => path.join(build, bin, name)).find(existsSync);
}

const built = () => TOOLS.every((tool) => toolPath(tool) !== undefined);

function compile() {
  const options = { stdio: ["ignore", "inherit", "inherit"] };
  execFileSync("cmake", ["-S", llamaSource(), "-B", build, ...OPTIONS], { stdio: ["ignore", "ignore", "inherit"] });
  const jobs = String(availableParallelism());
  execFileSync("cmake", ["--build", build, "--config", "Release", "--parallel", jobs, "--target", ...TOOLS], options);
}

if (built() && existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) {
  console.log(`llama.cpp ${tag}'s tools are built already:`);
} else {
  console.log(`Building llama.cpp ${tag}'s tools in ${shown(folder)}: several minutes.`);
  try {
    compile();
  } catch (error) {
    const missing = error.code === "ENOENT" ? `${error.path} was not found` : error.message.split("\n")[0];
    console.error(
      `The tools could not be built: ${missing}. Needed: git, cmake, a C++17 compiler, about 1 GB of disk.`,
    );
    process.exit(1);
  }
  writeFileSync(stampFile, stamp);
  console.log("Built:");
}
for (const tool of TOOLS) console.log(`  ${shown(toolPath(tool))}`);
