import { type Command, Option } from "commander";
import { definedOnly } from "../defined.js";
import type { Engine } from "../engine/engine.js";
import { openHostEngines } from "../engine/host/engine.js";
import { openNativeEngines } from "../engine/native/engine.js";
import { BACKENDS, type Backend } from "../engine/native/library.js";
import type { ContextOptions, ModelOptions } from "../engine/options.js";
import { TelltaleError } from "../errors.js";

const KV_TYPES = ["f16", "f32", "bf16", "q8_0"] as const;
const FLASH_ATTENTION = ["auto", "on", "off"] as const;

/** The options of addEngineOptions as commander parses them: numbers are still text. */
export interface EngineFlags {
  gpu?: Backend;
  gpuLayers?: string;
  threads?: string;
  sequences?: string;
  batch?: string;
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

/** Adds the options that all commands running a model share. */
export function addEngineOptions(command: Command): Command {
  return command
    .addOption(new Option("--gpu <backend>", "where the model runs").choices(BACKENDS).default("cpu"))
    .option("--gpu-layers <n>", "layers on the GPU, -1 for all (default: -1)")
    .option("--threads <n>", "CPU threads (default: as many as the system grants)")
    .option("--sequences <n>", "completions computed side by side, 1 to 256 (default: 64)")
    .option("--batch <n>", "tokens in one decode (default: 512)")
    .addOption(
      new Option("--kv-type <type>", "number type of the cached keys and values (default: f16)").choices(KV_TYPES),
    )
    .addOption(new Option("--flash-attention <when>", "use flash attention (default: auto)").choices(FLASH_ATTENTION))
    .option("--no-mmap", "read the model file instead of mapping it (default: map it)")
    .option("--check-tensors", "look for broken numbers in the weights while loading (default: no)")
    .option("--in-process", "run the model in this process instead of a child (default: in a child)");
}

/** What addEngineOptions parsed, as the engine takes it. Throws BAD_ARGUMENT naming the option, its range and what was given. */
export function engineOptions(flags: EngineFlags): EngineChoices {
  const number = (option: string, text: string | undefined, min: number, max: number): number | undefined =>
    text === undefined ? undefined : wholeNumber(option, text, min, max);
  return {
    model: definedOnly({
      gpu: flags.gpu,
      gpuLayers: number("--gpu-layers", flags.gpuLayers, -1, 10_000),
      mmap: flags.mmap,
      checkTensors: flags.checkTensors,
    }),
    context: definedOnly({
      threads: number("--threads", flags.threads, 1, 512),
      sequences: number("--sequences", flags.sequences, 1, 256),
      batch: number("--batch", flags.batch, 1, 1 << 20),
      kvType: flags.kvType,
      flashAttention: flags.flashAttention,
    }),
    inProcess: flags.inProcess ?? false,
  };
}

/** One engine on a model, in a child process unless `inProcess` says otherwise. */
export async function openEngine(path: string, choices: EngineChoices): Promise<Engine> {
  const open = choices.inProcess ? openNativeEngines : openHostEngines;
  const [engine] = await open({ ...choices.model, path }, [choices.context]);
  if (engine === undefined) throw new TelltaleError("ENGINE_FAILED", `No engine was opened for ${path}.`);
  return engine;
}

/** The value of an option that takes a whole number. Throws BAD_ARGUMENT. */
export function wholeNumber(option: string, text: string, min: number, max: number): number {
  const value = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new TelltaleError(
    "BAD_ARGUMENT",
    `${option} must be a whole number from ${min} to ${max}, not ${JSON.stringify(text)}.`,
  );
}
