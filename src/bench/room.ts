import type { LocalFacts } from "../engine/engine.js";
import type { GgufHeader } from "../engine/gguf/types.js";
import { machineOf } from "../engine/host/plan.js";
import { type ContextNeed, demand, fitsIn, gigabytes, type Machine, USABLE } from "../engine/memory-budget.js";
import { devicesInUse } from "../engine/native/devices.js";
import type { ResolvedBenchOptions } from "./options.js";
import type { PointPlan } from "./points.js";

/** What is free while no engine is open: of main memory now, of the GPUs in use before the engine of `facts` was. */
export function roomOf(
  { library }: Pick<LocalFacts, "library">,
  { devices, tensorSplit, gpu }: ResolvedBenchOptions["loading"],
): Machine {
  return machineOf(devicesInUse(library.devices, devices), tensorSplit, gpu);
}

/** Why a point's context would not fit in the memory that is free, in a sentence for people; undefined if it would. */
export function lackOfMemory(
  header: GgufHeader,
  { sequences, batch }: Pick<PointPlan, "sequences" | "batch">,
  machine: Machine,
  kvType: string,
  need: ContextNeed,
): string | undefined {
  const bytes = demand([{ header, contexts: 1 }], machine, kvType, need, { sequences, batch });
  if (fitsIn(machine, bytes)) return undefined;
  const { host, device } = machine;
  const usable = `${100 * USABLE} %`;
  if (device === undefined || device.unified) {
    const free = gigabytes((device ?? host).free);
    return `It needs about ${gigabytes(bytes.device + bytes.host)} of memory, more than ${usable} of the ${free} that are free.`;
  }
  const where = device.names.join(" + ");
  return `It needs about ${gigabytes(bytes.device)} on ${where} and ${gigabytes(bytes.host)} of main memory, and may take ${usable} of the ${gigabytes(device.free)} and ${gigabytes(host.free)} that are free.`;
}
