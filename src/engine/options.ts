import { z } from "zod";
import { TelltaleError } from "../errors.js";
import { readCores } from "./machine.js";

/** Types of the cached keys and values. */
export const KV_TYPES = ["f16", "f32", "bf16", "q8_0"] as const;
export const FLASH_ATTENTION = ["auto", "on", "off"] as const;
export const REDUCTIONS = ["auto", "host", "device"] as const;

/** Where a model can run: on the processor, on the first GPU interface that offers a device, or on the one named. */
export const GPU_CHOICES = ["off", "auto", "cuda", "vulkan", "metal"] as const;
export type GpuChoice = (typeof GPU_CHOICES)[number];
/** llama.cpp's own limit. */
export const MOST_DEVICES = 16;

const Share = z
  .number()
  .refine((share) => share === 0 || (share >= 1e-6 && share <= 1e6), "expected 0, or a share from 1e-6 to 1e6");

/** How weights are loaded. */
export const ModelOptions = z.strictObject({
  /** The GGUF file. */
  path: z.string().min(1),
  /** Where the model runs. A backend asked for by name that is not there is an error. Default "off": the processor. */
  gpu: z.enum(GPU_CHOICES).default("off"),
  /** Layers on the GPU; -1: all. Ignored by "off". Default -1. */
  gpuLayers: z.int().min(-1).max(10_000).default(-1),
  /** The GPUs to use, by llama.cpp's names, e.g. ["CUDA1"]. Needs a GPU. Default: all the backend offers. */
  devices: z.array(z.string().min(1)).min(1).max(MOST_DEVICES).optional(),
  /** Share of the layers for each of these devices, in any unit, e.g. [3, 1]. Default: by their free memory. */
  tensorSplit: z.array(Share).min(1).max(MOST_DEVICES).optional(),
  /** Map the file instead of reading it. Default true. */
  mmap: z.boolean().default(true),
  /** Look through all tensor data for NaN and the like while loading. Default false. */
  checkTensors: z.boolean().default(false),
});

/** How a context on those weights computes. */
export const ContextOptions = z.strictObject({
  /** Completions computed side by side, 1 to 256. Default 64. */
  sequences: z.int().min(1).max(256).default(64),
  /** Tokens each of them can hold; llama.cpp rounds up to 256. Default 512. */
  contextSequence: z
    .int()
    .min(1)
    .max(1 << 24)
    .default(512),
  /** Tokens in one decode, which is one micro-batch: n_batch and n_ubatch. Default 512. */
  batch: z
    .int()
    .min(1)
    .max(1 << 20)
    .default(512),
  /** CPU threads. Default: the cores this process is granted, without their hyper-threads. */
  threads: z
    .int()
    .min(1)
    .max(512)
    .default(() => Math.min(512, readCores().physical)),
  /** Type of the cached keys and values. q8_0 halves the memory and moves log-probabilities by some 0.07. Default f16. */
  kvType: z.enum(KV_TYPES).default("f16"),
  /** Default "auto": on where the device has it. */
  flashAttention: z.enum(FLASH_ATTENTION).default("auto"),
  /** Decode the head once and keep it in every slot. Default true; false is for measuring. */
  shareHead: z.boolean().default(true),
  /**
   * Where logits become log-probabilities and chosen tokens: on the "host", or on the "device" that computes them, which
   * then copies 8 to 12 bytes a token instead of a whole row. Default "auto": the device if it is a GPU.
   */
  reduction: z.enum(REDUCTIONS).default("auto"),
  /** Nats by which the device may differ from the host when it is tried at the start; else the host is used. */
  reductionTolerance: z.number().min(0).max(1).default(1e-4),
  /** LoRA adapters applied in this context. Default none. */
  adapters: z
    .array(
      z.strictObject({
        /** The GGUF file. */
        path: z.string().min(1),
        /** How strongly it is applied, -1000 to 1000. Default 1. */
        scale: z.number().min(-1000).max(1000).default(1),
      }),
    )
    .default([]),
});

/** A context as it is asked for: what is absent here, `chooseContext` chooses from the model and the machine. */
export const ContextRequest = ContextOptions.extend({
  /** Completions computed side by side, 1 to 256. Default: what fits, 64 on a CPU and 256 on a GPU at most. */
  sequences: ContextOptions.shape.sequences.unwrap().optional(),
  /** Tokens in one decode. Default: what fits, 512 at most. */
  batch: ContextOptions.shape.batch.unwrap().optional(),
  /** CPU threads. Default: the cores this process is granted, without their hyper-threads. */
  threads: ContextOptions.shape.threads.unwrap().optional(),
});

/** Which vocabulary is loaded. */
export const TokenizerOptions = ModelOptions.pick({ path: true });

/** For opening engines and tokenizers. */
export interface OpenOptions {
  /** Gives up loading: at once in a child process, else between the model and its contexts. Rejects with CANCELLED. */
  signal?: AbortSignal;
}

/** How tokens are drawn; see Sampling in engine.ts. */
export const SamplingOptions = z.strictObject({
  /** Above 0. Default 1. */
  temperature: z.number().min(0.001).max(1000).default(1),
  /** Keep the k likeliest tokens. Default 0: all. */
  topK: z.int().min(0).max(0x7fffffff).default(0),
  /** Keep the smallest set of tokens with at least this probability together. Default 1: all. */
  topP: z.number().min(1e-6).max(1).default(1),
  /** Drop tokens less likely than this share of the likeliest. Default 0: none. */
  minP: z.number().min(0).max(1).default(0),
  /** Every completion draws from its own stream, made of this, its prefill's place and its sample. Default 0. */
  seed: z.int().min(0).default(0),
});

/** How weights are loaded. */
export interface ModelOptions extends z.input<typeof ModelOptions> {}
/** How an engine computes. */
export interface ContextOptions extends z.input<typeof ContextOptions> {}
export type ResolvedContextOptions = z.output<typeof ContextOptions>;

/** Parses options with their defaults. Throws BAD_ARGUMENT that names the option, what it must be and what it is. */
export function resolveOptions<T extends z.ZodType>(schema: T, given: z.input<T>, what: string): z.output<T> {
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${issue.path.join(".") || what}: ${issue.message}`);
  throw new TelltaleError("BAD_ARGUMENT", `Wrong ${what}: ${problems.join("; ")}.`, { cause: result.error });
}
