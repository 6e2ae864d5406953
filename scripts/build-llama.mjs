// Builds llama.cpp's shared libraries from the source bundle inside node-llama-cpp, compiled for this processor and, where
// asked for, for a GPU interface. TELLTALE_LLAMA_LIBRARY then names their folder. What follows `--` goes to cmake.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { llamaSource, root, shown, tag } from "./llama-source.mjs";

const USAGE = "npm run build:llama -- [--cpu | --cuda | --metal | --vulkan] [--folder DIR] [-- CMAKE OPTIONS]";
const BACKENDS = ["cpu", "cuda", "metal", "vulkan"];

/** What each needs beside git, cmake and a C++ compiler: [command, where else it may lie, what to do]. */
const NEEDS = {
  cpu: [],
  cuda: [["nvcc", nvccPlaces(), "install the CUDA toolkit with cuBLAS, or name nvcc's path in CUDACXX"]],
  metal: [["xcrun", [], "install Xcode's command line tools on a Mac: xcode-select --install"]],
  vulkan: [["glslc", vulkanPlaces(), "install the Vulkan SDK (libvulkan, its headers, SPIRV-Headers and glslc)"]],
};

function nvccPlaces() {
  const folders = [process.env.CUDA_PATH, process.env.CUDA_HOME, "/usr/local/cuda"].filter(Boolean);
  return [process.env.CUDACXX, ...folders.map((folder) => path.join(folder, "bin", "nvcc"))].filter(Boolean);
}

function vulkanPlaces() {
  return process.env.VULKAN_SDK ? ["bin", "Bin"].map((bin) => path.join(process.env.VULKAN_SDK, bin, "glslc")) : [];
}

function fail(sentence) {
  console.error(`llama.cpp was not built: ${sentence}`);
  process.exit(1);
}

function asked() {
  const rest = process.argv.indexOf("--");
  const own = rest < 0 ? process.argv.slice(2) : process.argv.slice(2, rest);
  const flags = Object.fromEntries(BACKENDS.map((name) => [name, { type: "boolean" }]));
  try {
    const { values } = parseArgs({ args: own, options: { ...flags, folder: { type: "string" } } });
    const named = BACKENDS.filter((name) => values[name]);
    if (named.length > 1) fail(`--${named.join(" and --")} exclude each other. Usage: ${USAGE}`);
    const backend = named[0] ?? "cpu";
    const folder = path.resolve(values.folder ?? path.join(root, ".cache", `llama-${tag}-${backend}`));
    return { backend, folder, cmakeOptions: rest < 0 ? [] : process.argv.slice(rest + 1) };
  } catch (error) {
    return fail(`${error.message.replace(/\.?$/, ".")} Usage: ${USAGE}`);
  }
}

function there(command) {
  return spawnSync(command, ["--version"], { stdio: "ignore" }).error === undefined;
}

/** The folder with the libraries: Visual Studio puts them one deeper. */
function libraryFolder(folder) {
  const library =
    process.platform === "win32" ? "llama.dll" : `libllama.${process.platform === "darwin" ? "dylib" : "so"}`;
  return ["bin", "bin/Release"].map((bin) => path.join(folder, bin)).find((bin) => existsSync(path.join(bin, library)));
}

const { backend, folder, cmakeOptions } = asked();
for (const [command, places, remedy] of [
  ["git", [], "install git: the source is unpacked with it"],
  ["cmake", [], "install cmake 3.18 or later"],
  ...NEEDS[backend],
]) {
  if (![command, ...places].some(there)) fail(`${command} was not found, which --${backend} needs: ${remedy}.`);
}
// Without nvcc on the path cmake has to be told of the one that was found.
const nvcc = backend === "cuda" && !there("nvcc") ? nvccPlaces().find(there) : undefined;
const options = [
  "-DCMAKE_BUILD_TYPE=Release",
  "-DLLAMA_BUILD_IS_DEV=OFF",
  "-DGGML_NATIVE=ON",
  ...["cuda", "metal", "vulkan"].map((name) => `-DGGML_${name.toUpperCase()}=${name === backend ? "ON" : "OFF"}`),
  ...(nvcc === undefined ? [] : [`-DCMAKE_CUDA_COMPILER=${nvcc}`]),
  ...cmakeOptions,
];
console.log(`Building llama.cpp ${tag} (${backend}) in ${shown(folder)}: about a minute, with CUDA far longer.`);
try {
  const stdio = ["ignore", "inherit", "inherit"];
  const source = llamaSource();
  execFileSync("cmake", ["-S", root, "-B", folder, `-DTELLTALE_BUILD_LLAMA=${source}`, ...options], { stdio });
  const jobs = String(availableParallelism());
  execFileSync("cmake", ["--build", folder, "--config", "Release", "--parallel", jobs, "--target", "llama"], { stdio });
} catch (error) {
  fail(`${error.message.split("\n")[0]}. What cmake or the compiler said stands above.`);
}
const libraries = libraryFolder(folder);
if (libraries === undefined) fail(`the build ended, but ${shown(folder)} holds no llama library.`);
console.log("\nTo use it:");
console.log(
  process.platform === "win32"
    ? `  set TELLTALE_LLAMA_LIBRARY=${libraries}`
    : `  export TELLTALE_LLAMA_LIBRARY=${JSON.stringify(libraries)}`,
);
