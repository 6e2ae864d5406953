import { TelltaleError } from "../../errors.js";
import { type ContextAsked, type ContextChoice, chooseContext } from "../defaults.js";
import type { DeviceFacts } from "../engine.js";
import { readCores, readHostMemory } from "../machine.js";
import type { ContextNeed, Load, Machine } from "../memory-budget.js";
import { chooseDevices, devicesInUse } from "../native/devices.js";
import { backendFor, findLibrary, type Gpu, noDevice } from "../native/library.js";
import { type GpuDecision, probeBackend, resolveGpu } from "../native/probe.js";
import type { ModelOptions } from "../options.js";

/** Where and how a model is to run: decided before anything is loaded. */
export interface EnginePlan {
  /** Never "auto". */
  gpu: Gpu;
  gpuReason: string;
  choice: ContextChoice;
  /** The choice as context options. */
  context: { sequences: number; batch: number; threads: number };
  /** Sentences for people. */
  notes: string[];
}

export type PlanModel = Pick<ModelOptions, "gpu" | "gpuLayers" | "devices" | "tensorSplit" | "mmap">;

/**
 * Decides "auto" and chooses what was not asked for of a context, from the models and from what is free where they are to
 * run. A GPU is looked at in a process of its own. Throws NO_BACKEND for one that cannot be used, BAD_ARGUMENT for devices
 * it has not, OUT_OF_MEMORY for what cannot fit.
 */
export async function planEngine(
  loads: readonly Load[],
  model: PlanModel,
  asked: ContextAsked,
  need: Omit<ContextNeed, "gpuLayers" | "mmap">,
): Promise<EnginePlan> {
  const decision = await resolveGpu(model.gpu ?? "off");
  const { gpu } = decision;
  if (model.gpu === "auto" && gpu === "off" && (model.devices ?? model.tensorSplit) !== undefined) {
    throw new TelltaleError(
      "NO_BACKEND",
      `Devices were asked for, but ${decision.reason}. See \`telltale doctor\`, or leave --device and --tensor-split out.`,
    );
  }
  const devices = decision.devices.length > 0 ? decision.devices : await devicesOf(gpu);
  chooseDevices(gpu, devices, model);
  const machine = machineOf(devicesInUse(devices, model.devices), model.tensorSplit, gpu);
  const choice = chooseContext(loads, machine, asked, {
    ...need,
    gpuLayers: model.gpuLayers ?? -1,
    mmap: model.mmap ?? true,
  });
  return planOf(model.gpu, decision, choice);
}

/** What was decided as context options and in sentences; `asked`: the GPU that was asked for. */
export function planOf(
  asked: PlanModel["gpu"],
  { gpu, reason }: Pick<GpuDecision, "gpu" | "reason">,
  choice: ContextChoice,
): EnginePlan {
  const { sequences, batch, threads, kvType, warnings } = choice;
  const notes = [
    ...(asked === "auto" ? [`--gpu auto takes ${gpu === "off" ? "the CPU" : gpu}: ${reason}.`] : []),
    `${describe("sequences", sequences)}; ${describe("batch", batch)}; ${describe("threads", threads)}; ${describe("KV", kvType)}.`,
    ...warnings,
  ];
  const context = { sequences: sequences.value, batch: batch.value, threads: threads.value };
  return { gpu, gpuReason: reason, choice, context, notes };
}

/** Memory of the devices together. With a split the smallest device for its share says how much of it can be used. */
export function deviceBudget(
  devices: readonly DeviceFacts[],
  split: readonly number[] | undefined,
  bytes: (device: DeviceFacts) => number,
): number {
  const sum = devices.reduce((total, device) => total + bytes(device), 0);
  if (split === undefined) return sum;
  const shares = split.reduce((total, share) => total + share, 0);
  return devices.reduce((least, device, i) => {
    const share = (split[i] ?? 0) / shares;
    return share > 0 ? Math.min(least, bytes(device) / share) : least;
  }, sum);
}

/** This machine, and the memory that is free on it and on the devices a model is spread over: none for the processor. */
export function machineOf(devices: readonly DeviceFacts[], split: readonly number[] | undefined, gpu: Gpu): Machine {
  const host = readHostMemory();
  const cores = readCores();
  if (gpu === "off") return { cores, host };
  // A device that does not say what it has shares main memory, as llama.cpp takes it too.
  const silent = devices.every(({ memoryTotal }) => memoryTotal === 0);
  const free = silent ? host.free : deviceBudget(devices, split, ({ memoryFree }) => memoryFree);
  const total = silent ? host.total : deviceBudget(devices, split, ({ memoryTotal }) => memoryTotal);
  const unified = silent || gpu === "metal" || devices.every(({ kind }) => kind === "igpu");
  return { cores, host, device: { free, total, unified, names: devices.map(({ name }) => name) } };
}

async function devicesOf(gpu: Gpu): Promise<DeviceFacts[]> {
  if (gpu === "off") return [];
  findLibrary(backendFor(gpu));
  const found = await probeBackend(backendFor(gpu));
  if (!found.ok) throw new TelltaleError(found.code, found.message);
  if (devicesInUse(found.devices, undefined).length === 0) throw noDevice(gpu);
  return found.devices;
}

function describe(what: string, { value, reason }: { value: number | string; reason: string }): string {
  return `${what} ${value} (${reason})`;
}
