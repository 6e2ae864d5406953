import { ADDON_VARIABLE, type AddonFile, findAddon } from "../engine/native/addon-file.js";
import { type Backend, LIBRARY_VARIABLE, pinnedRelease } from "../engine/native/library.js";
import { type FoundBackend, type ProbeResult, preferredGpu } from "../engine/native/probe.js";
import type { Check } from "./doctor-checks.js";

const DEVICE_NEEDS: Record<Backend, string> = {
  cpu: "install Telltale again",
  cuda: "it needs an NVIDIA GPU, its driver and the CUDA 13 runtime (libcudart, libcublas)",
  vulkan: "it needs a GPU with a Vulkan driver and the Vulkan loader",
  metal: "it needs a Mac with Metal",
};

const ORIGINS: Record<AddonFile["origin"], string> = {
  named: `named by ${ADDON_VARIABLE}`,
  built: "built here",
  prebuilt: "prebuilt",
};

/** The addon and the log-softmax kernel it takes, from what the probe of the CPU backend found. */
export function addonCheck(cpu: ProbeResult): Check {
  const check = { name: "addon", required: true };
  let origin: string;
  try {
    origin = ORIGINS[findAddon().origin];
  } catch (error) {
    return { ...check, state: "missing", detail: (error as Error).message };
  }
  if (cpu.ok) return { ...check, state: "ok", detail: `${origin} and loads, log-softmax kernel ${cpu.kernel}` };
  if (cpu.part === "addon") return { ...check, state: "problem", detail: cpu.message };
  return { ...check, state: "ok", detail: `${origin} and loads` };
}

/** The llama.cpp release the addon is built for, or the library of one's own that replaces the prebuilt ones. */
export function releaseCheck(): Check {
  const own = process.env[LIBRARY_VARIABLE];
  const source = own ? `own library named by ${LIBRARY_VARIABLE}` : "prebuilt libraries of node-llama-cpp";
  return { name: "llama.cpp", state: "ok", detail: `${pinnedRelease()}, ${source}`, required: true };
}

/** A backend, from what its probe found. */
export function backendCheck(backend: Backend, found: ProbeResult): Check {
  const check = { name: `${backend} backend`, required: backend === "cpu" };
  if (!found.ok) {
    const detail = found.part === "addon" ? "cannot be tried without the addon" : found.message;
    return { ...check, state: found.code === "NO_BACKEND" ? "missing" : "problem", detail };
  }
  const devices = found.devices.filter(({ kind }) => backend === "cpu" || kind === "gpu" || kind === "igpu");
  if (devices.length === 0) {
    return { ...check, state: "missing", detail: "installed, but finds no device", remedy: DEVICE_NEEDS[backend] };
  }
  const gibibytes = (bytes: number): string => (bytes / 2 ** 30).toFixed(1);
  const detail = devices.map(({ name, description, memoryTotal, memoryFree }) => {
    const known = memoryTotal > 0 && backend !== "cpu";
    const memory = known ? `, ${gibibytes(memoryTotal)} GiB, ${gibibytes(memoryFree)} free` : "";
    return `${name} (${description.trim()}${memory})`;
  });
  return { ...check, state: "ok", detail: detail.join("; ") };
}

/** What --gpu auto would take. */
export function autoCheck(found: readonly FoundBackend[]): Check {
  const { gpu, reason } = preferredGpu(found);
  return { name: "--gpu auto", state: "ok", detail: `${gpu}: ${reason}`, required: false };
}
