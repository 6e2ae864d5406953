import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { ErrorCode } from "../../errors.js";
import type { DeviceFacts } from "../engine.js";
import type { GpuChoice } from "../options.js";
import { gpusAmong } from "./devices.js";
import { scrubbedEnvironment } from "./environment.js";
import { type Backend, type Gpu, LIBRARY_VARIABLE } from "./library.js";
import { prebuiltPackage } from "./prebuilt.js";

/** What the probe of a backend found, or which part of it failed. */
export type ProbeResult =
  | { ok: true; devices: DeviceFacts[]; kernel: string }
  | { ok: false; part: "addon" | "library"; code: ErrorCode; message: string };

export interface FoundBackend {
  backend: Backend;
  result: ProbeResult;
}

/** Where to run and why; `devices` are those of the backend, none for the processor. */
export interface GpuDecision {
  gpu: Gpu;
  reason: string;
  devices: DeviceFacts[];
}

const PROBE = fileURLToPath(new URL("./probe-child.js", import.meta.url));
const PROBE_TIMEOUT_MS = 60_000;
/** In this order "auto" tries them. */
const PREFERRED = ["cuda", "metal", "vulkan"] as const;

/** Opens a backend in a process of its own. */
export function probeBackend(backend: Backend): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const child = fork(PROBE, [backend], {
      env: scrubbedEnvironment(),
      execArgv: [],
      stdio: "ignore",
      serialization: "advanced",
      timeout: PROBE_TIMEOUT_MS,
    });
    child.once("message", (message) => resolve(message as ProbeResult));
    const end = (how: string): void => {
      const message = `opening it ended its process (${how})`;
      resolve({ ok: false, part: "library", code: "ENGINE_DIED", message });
    };
    child.once("error", (error) => end(error.message));
    child.once("exit", (code, signal) => {
      const how = signal ?? `exit status ${code}`;
      // What it found may still be on its way.
      if (child.connected) child.once("disconnect", () => end(how));
      else end(how);
    });
  });
}

/** Where "auto" runs, from what the probes found: the first of CUDA, Metal and Vulkan with a GPU, else the processor. */
export function preferredGpu(found: readonly FoundBackend[]): GpuDecision {
  const refused: string[] = [];
  for (const gpu of PREFERRED) {
    const result = found.find(({ backend }) => backend === gpu)?.result;
    if (result === undefined) continue;
    const devices = result.ok ? gpusAmong(result.devices) : [];
    if (devices.length > 0) {
      const names = devices.map(({ name, description }) => `${name} (${description.trim()})`).join(", ");
      return { gpu, reason: `the ${gpu} backend offers ${names}`, devices };
    }
    refused.push(`${gpu} ${whyNot(result)}`);
  }
  const reason =
    refused.length > 0 ? `no GPU can be used: ${refused.join(", ")}` : "there is no GPU backend for this system";
  return { gpu: "off", reason, devices: [] };
}

function whyNot(result: ProbeResult): string {
  if (result.ok) return "finds no device";
  return result.code === "NO_BACKEND" ? "is not installed" : "cannot be opened";
}

/** Decides "auto" by trying backends, each in a process of its own; anything else is taken as it is. */
export async function resolveGpu(asked: GpuChoice): Promise<GpuDecision> {
  if (asked !== "auto") return { gpu: asked, reason: "as asked", devices: [] };
  const found: FoundBackend[] = [];
  for (const backend of PREFERRED) {
    if (prebuiltPackage(backend) === undefined) continue;
    found.push({ backend, result: await probeBackend(backend) });
    const decision = preferredGpu(found);
    // A library of one's own is the same whatever backend it is asked for as.
    if (decision.gpu !== "off" || process.env[LIBRARY_VARIABLE]) return named(decision);
  }
  return preferredGpu(found);
}

/** A library of one's own may hold any backend: its devices' names tell which. */
function named(decision: GpuDecision): GpuDecision {
  const name = decision.devices[0]?.name ?? "";
  const gpu = name.startsWith("Vulkan") ? "vulkan" : name.startsWith("MTL") ? "metal" : decision.gpu;
  return { ...decision, gpu };
}
