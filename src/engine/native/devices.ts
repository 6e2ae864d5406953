import { TelltaleError } from "../../errors.js";
import type { DeviceFacts } from "../engine.js";

/** The GPUs among devices, separate or part of the processor. */
export function gpusAmong(devices: readonly DeviceFacts[]): DeviceFacts[] {
  return devices.filter(({ kind }) => kind === "gpu" || kind === "igpu");
}

/** The GPUs a model is spread over: those named, else all separate ones, else all. */
export function devicesInUse(devices: readonly DeviceFacts[], named: readonly string[] | undefined): DeviceFacts[] {
  const gpus = gpusAmong(devices);
  if (named !== undefined) return named.flatMap((name) => gpus.find((gpu) => gpu.name === name) ?? []);
  const separate = gpus.filter(({ kind }) => kind === "gpu");
  return separate.length > 0 ? separate : gpus;
}

/**
 * Names of the devices to load on: none for the processor only; null for llama.cpp's own choice, all GPUs.
 * Throws BAD_ARGUMENT for a device that is not there, with those that are, and for shares that do not fit the devices.
 */
export function chooseDevices(
  gpu: string,
  devices: readonly DeviceFacts[],
  asked: { devices?: readonly string[] | undefined; tensorSplit?: readonly number[] | undefined },
): string[] | null {
  const { devices: named, tensorSplit } = asked;
  if (gpu === "off") {
    const [option, what] = named !== undefined ? ["--device", "A device"] : ["--tensor-split", "A tensor split"];
    if (named === undefined && tensorSplit === undefined) return [];
    throw badArgument(
      `${what} was asked for, but the model runs on the CPU: choose a GPU with --gpu, or leave ${option} out`,
    );
  }
  const gpus = gpusAmong(devices);
  const unknown = named?.find((name) => !gpus.some((each) => each.name === name));
  if (unknown !== undefined) {
    const there = gpus.map(({ name, description }) => `${name} (${description.trim()})`).join(", ");
    const cpu = devices.some(({ name, kind }) => name === unknown && kind === "cpu");
    const sentence = cpu ? `${unknown} is no GPU: use --gpu off` : `There is no device ${JSON.stringify(unknown)}`;
    throw badArgument(`${sentence}. Devices of the ${gpu} backend: ${there || "none"}`);
  }
  if (named !== undefined && new Set(named).size < named.length) {
    throw badArgument(`A device is named twice in ${named.join(",")}: name each once`);
  }
  if (tensorSplit !== undefined) checkSplit(tensorSplit, devicesInUse(devices, named));
  return named === undefined ? null : [...named];
}

function checkSplit(split: readonly number[], devices: readonly DeviceFacts[]): void {
  if (split.length !== devices.length) {
    throw badArgument(
      `The tensor split ${split.join(",")} has ${split.length} shares, but the model is spread over ${devices.length} devices (${devices.map(({ name }) => name).join(", ")}): give one share for each`,
    );
  }
  if (!(split.reduce((sum, share) => sum + share, 0) > 0)) {
    throw badArgument(
      `The tensor split ${split.join(",")} leaves every device without a share: give one at least above 0`,
    );
  }
}

function badArgument(sentence: string): TelltaleError {
  return new TelltaleError("BAD_ARGUMENT", `${sentence}.`);
}
