import type { Command } from "commander";
import { z } from "zod";
import { definedOnly } from "../defined.js";
import type { LocalEngine } from "../engine/engine.js";
import { openHostEngines } from "../engine/host/engine.js";
import { openNativeEngines } from "../engine/native/engine.js";
import {
  type ContextOptions,
  FLASH_ATTENTION,
  GPU_CHOICES,
  type GpuChoice,
  KV_TYPES,
  type ModelOptions,
} from "../engine/options.js";
import { TelltaleError } from "../errors.js";
import { engineLine } from "./audit-display.js";
import { badOption, choiceOption, oneOrMore, taking, wholeNumber } from "./option-values.js";
import { isVerbose } from "./terminal/loudness.js";
import { writeNote } from "./terminal/progress.js";

/** What commander makes of the options of addEngineOptions; one that was not given is absent. */
export interface EngineFlags {
  gpu?: GpuChoice;
  gpuLayers?: number;
  device?: string[];
  tensorSplit?: number[];
  threads?: number;
  sequences?: number;
  batch?: number;
  kvType?: (typeof KV_TYPES)[number];
  flashAttention?: (typeof FLASH_ATTENTION)[number];
  mmap?: boolean;
  checkTensors?: boolean;
  inProcess?: boolean;
}

/** How a command runs its models. What was not given is absent, so that a command may have its own default. */
export interface EngineChoices {
  model: Omit<ModelOptions, "path">;
  context: ContextOptions;
  inProcess: boolean;
}

/** Adds the options that all commands running a model share; `sequences` and `batch` say what holds without those options. */
export function addEngineOptions(
  command: Command,
  sequences = "64, on a GPU 256, as they fit",
  batch = "512, as it fits",
): Command {
  return command
    .optionsGroup("Engine:")
    .addOption(choiceOption("--gpu <backend>", "where the model runs", GPU_CHOICES, "off, the CPU"))
    .option("--gpu-layers <n>", "layers on the GPU, -1 for all (default: -1)", wholeNumber("--gpu-layers", -1, 10_000))
    .option(
      "--device <names>",
      "GPUs to use, by llama.cpp's names: CUDA0,CUDA1 (default: all)",
      deviceNames("--device"),
    )
    .option("--tensor-split <shares>", "layers for each GPU: 3,1 (default: by free memory)", tensorSplit)
    .option("--threads <n>", "CPU threads (default: one a core)", wholeNumber("--threads", 1, 512))
    .option(
      "--sequences <n>",
      `texts computed side by side, 1 to 256 (default: ${sequences})`,
      wholeNumber("--sequences", 1, 256),
    )
    .option("--batch <n>", `tokens in one decode (default: ${batch})`, wholeNumber("--batch", 1, 1 << 20))
    .addOption(choiceOption("--kv-type <type>", "number type of the cached keys and values", KV_TYPES, "f16"))
    .addOption(choiceOption("--flash-attention <when>", "use flash attention", FLASH_ATTENTION, "auto"))
    .option("--no-mmap", "read the model file instead of mapping it (default: map it)")
    .option("--check-tensors", "look for broken numbers in the weights while loading (default: no)")
    .option("--in-process", "run the model in this process instead of a child (default: in a child)");
}

/** What addEngineOptions parsed, as the engine takes it. Throws BAD_ARGUMENT where two options contradict each other. */
export function engineOptions(flags: EngineFlags): EngineChoices {
  const { gpu, gpuLayers, device, tensorSplit, mmap, checkTensors, threads, sequences, batch, kvType, flashAttention } =
    flags;
  const given = { "--gpu-layers": gpuLayers, "--device": device, "--tensor-split": tensorSplit };
  for (const [option, value] of Object.entries(given)) {
    if (value === undefined || (gpu ?? "off") !== "off") continue;
    throw new TelltaleError(
      "BAD_ARGUMENT",
      `${option} was given, but the model runs on the CPU: choose a GPU with --gpu, or leave ${option} out.`,
    );
  }
  return {
    model: definedOnly({ gpu, gpuLayers, devices: device, tensorSplit, mmap, checkTensors }),
    context: definedOnly({ threads, sequences, batch, kvType, flashAttention }),
    inProcess: flags.inProcess ?? false,
  };
}

/** One engine on a model, in a child process unless `inProcess` says otherwise. */
export async function openEngine(path: string, choices: EngineChoices): Promise<LocalEngine> {
  const open = choices.inProcess ? openNativeEngines : openHostEngines;
  const [engine] = await open({ ...choices.model, path }, [choices.context]);
  if (engine === undefined) throw new TelltaleError("ENGINE_FAILED", `No engine was opened for ${path}.`);
  if (isVerbose()) writeNote(engineLine(engine.facts));
  return engine;
}

/** What commander is to make of a list of devices. */
export function deviceNames(option: string): (text: string) => string[] {
  return taking(oneOrMore(z.string().min(1)), (text: string) => {
    const names = text.split(",").map((name) => name.trim());
    if (names.every((name) => name !== "")) return names;
    throw badOption(option, "names of devices with commas between them, as `telltale doctor` shows them", text);
  });
}

const tensorSplit = taking(z.union([z.string(), z.array(z.number().min(0)).min(1)]), (text: string): number[] => {
  const shares = text.split(",").map((share) => (/^\s*\d+(\.\d+)?\s*$/.test(share) ? Number(share) : Number.NaN));
  if (shares.every((share) => share >= 0) && shares.some((share) => share > 0)) return shares;
  throw badOption("--tensor-split", "numbers of 0 and above, not all 0, with commas between them", text);
});
