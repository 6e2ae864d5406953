import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { TelltaleError } from "../../errors.js";
import type { DeviceFacts, LibraryFacts } from "../engine.js";
import type { GpuChoice } from "../options.js";
import { loadAddon } from "./addon.js";
import { gpusAmong } from "./devices.js";
import { loaderCause, withoutGlibc } from "./load-failure.js";
import { ownScript } from "./own-scripts.js";
import { installAdvice, prebuiltFolder, prebuiltPackage } from "./prebuilt.js";

/** The backends there are prebuilt libraries for; "cpu" is what `gpu: "off"` runs on. */
export const BACKENDS = ["cpu", "cuda", "vulkan", "metal"] as const;
export type Backend = (typeof BACKENDS)[number];

/** Where to run, once "auto" has been decided. */
export type Gpu = Exclude<GpuChoice, "auto">;

/** The backend a place to run needs. */
export function backendFor(gpu: Gpu): Backend {
  return gpu === "off" ? "cpu" : gpu;
}

/** Shared libraries of llama.cpp, found but not opened yet. */
export interface LibraryFiles {
  variant: Backend | "custom";
  /** llama first, then the ggml ones, since Windows resolves names per file. */
  libraries: string[];
  /** The folder with one library per instruction set and per GPU interface. */
  backends: string;
  release: string;
}

/** Names a folder with a self-built llama.cpp of the pinned release, to be used instead of the prebuilt libraries. */
export const LIBRARY_VARIABLE = "TELLTALE_LLAMA_LIBRARY";

const require = createRequire(import.meta.url);

/** The llama.cpp release the addon's headers come from, e.g. "v0.5.0". */
export function pinnedRelease(): string {
  const folder = path.resolve(path.dirname(require.resolve("node-llama-cpp")), "../llama");
  return (JSON.parse(readFileSync(path.join(folder, "llama.cpp.info.json"), "utf8")) as { tag: string }).tag;
}

/** Finds the libraries for a backend. Throws NO_BACKEND with the package that is missing. */
export function findLibrary(backend: Backend): LibraryFiles {
  const release = pinnedRelease();
  const own = process.env[LIBRARY_VARIABLE];
  if (own !== undefined && own !== "") return { ...librariesIn(path.resolve(own)), variant: "custom", release };
  const name = prebuiltPackage(backend);
  if (name === undefined) throw noPrebuilt(backend);
  let folder: string;
  try {
    folder = prebuiltFolder(name);
  } catch (cause) {
    if (withoutGlibc()) throw noPrebuilt(backend, " without glibc");
    throw new TelltaleError(
      "NO_BACKEND",
      `The ${backend} backend is not installed: its package @node-llama-cpp/${name} is missing. ${installAdvice(name)}`,
      { cause },
    );
  }
  const metadata = JSON.parse(readFileSync(path.join(folder, "_nlcBuildMetadata.json"), "utf8")) as {
    buildOptions?: { llamaCpp?: { release?: string } };
  };
  const found = metadata.buildOptions?.llamaCpp?.release;
  if (found !== release) {
    throw new TelltaleError(
      "NO_LIBRARY",
      `@node-llama-cpp/${name} holds llama.cpp ${found}, but the addon is built for ${release}. ${installAdvice(name)}`,
    );
  }
  return { ...librariesIn(folder), variant: backend, release };
}

function noPrebuilt(backend: Backend, system = ""): TelltaleError {
  const here = BACKENDS.filter((each) => system === "" && prebuiltPackage(each) !== undefined).join(", ") || "none";
  const build = ownScript("build-llama", `--${backend}`);
  return new TelltaleError(
    "NO_BACKEND",
    `There is no prebuilt ${backend} backend for ${process.platform} ${process.arch}${system}; prebuilt here: ${here}. Where llama.cpp can be compiled, \`${build}\` builds one and says how to use it.`,
  );
}

/** How llama.cpp's backends call their devices. */
const DEVICE_NAMES = { cuda: /^CUDA/, vulkan: /^Vulkan/, metal: /^(MTL|Metal)/ } as const;

let opened: LibraryFiles | undefined;

/** The library that is open in this process, which can have but one. */
export function openedLibrary(): LibraryFiles | undefined {
  return opened;
}

/** Opens the library and lists its devices. Throws NO_BACKEND if the backend asked for offers no device. */
export function openLibrary(files: LibraryFiles, backend: Backend): LibraryFacts {
  const devices = openFiles(files);
  opened = files;
  if (backend !== "cpu") {
    const gpus = gpusAmong(devices);
    if (gpus.length === 0) throw noDevice(backend);
    // A library of one's own may be built for another backend than the one that was asked for.
    if (files.variant === "custom" && !gpus.some(({ name }) => DEVICE_NAMES[backend].test(name))) {
      const offered = gpus.map(({ name }) => name).join(", ");
      throw new TelltaleError(
        "NO_BACKEND",
        `The ${backend} backend was asked for, but the library that ${LIBRARY_VARIABLE} names offers other devices: ${offered}. Build it for ${backend} (\`${ownScript("build-llama", `--${backend}`)}\`), or ask for what it offers.`,
      );
    }
  }
  return { release: files.release, variant: files.variant, devices };
}

/** The devices of the libraries. What the system's loader says of one that it refuses is put into a sentence. */
function openFiles({ libraries, backends, release, variant }: LibraryFiles): DeviceFacts[] {
  const addon = loadAddon();
  try {
    return addon.devices(libraries, backends, release);
  } catch (cause) {
    const { code, message } = cause as { code?: string; message: string };
    if (code !== "NO_LIBRARY") throw cause;
    const why = loaderCause(message);
    if (why === undefined) throw new TelltaleError(code, message, { cause });
    const build = variant === "custom" ? ownScript("build-llama") : ownScript("build-llama", `--${variant}`);
    throw new TelltaleError(
      code,
      `A library of llama.cpp does not load: ${why}. (${message.replace(/\.$/, "")}.) \`${build}\` builds one for this system and says how to use it.`,
      { cause },
    );
  }
}

/** The error of a backend that was asked for and has no GPU to offer. */
export function noDevice(backend: Exclude<Backend, "cpu">): TelltaleError {
  const hint = {
    cuda: "an NVIDIA driver and the CUDA 13 runtime (libcudart, libcublas) are needed",
    vulkan: "a Vulkan driver and loader are needed",
    metal: "a Mac with Metal is needed",
  }[backend];
  return new TelltaleError(
    "NO_BACKEND",
    `The ${backend} backend was asked for, but it finds no device: ${hint}. Use --gpu off to run on the processor.`,
  );
}

function librariesIn(folder: string): { libraries: string[]; backends: string } {
  let names: string[];
  try {
    names = readdirSync(folder).sort();
  } catch (cause) {
    throw new TelltaleError("NO_LIBRARY", `The folder of llama.cpp's libraries, ${folder}, cannot be read.`, { cause });
  }
  const find = (stem: string): string | undefined =>
    names.find((name) => new RegExp(`^(lib)?${stem}(\\.[\\w.-]*)?\\.(so|dylib|dll)$`).test(name));
  const libraries = ["llama", "ggml", "ggml-base"].map((stem) => {
    const name = find(stem);
    if (name === undefined) {
      throw new TelltaleError(
        "NO_LIBRARY",
        `The folder ${folder} holds no ${stem} library: it is no build of llama.cpp.`,
      );
    }
    return path.join(folder, name);
  });
  return { libraries, backends: folder };
}
