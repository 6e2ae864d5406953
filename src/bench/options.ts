import { z } from "zod";
import { auditPreset } from "../audit/presets.js";
import type { Gpu } from "../engine/native/library.js";
import { resolveGpu } from "../engine/native/probe.js";
import { ContextOptions, ModelOptions, resolveOptions } from "../engine/options.js";

const RECIPE = auditPreset("default");

/** Tokens of a made-up prefill, as audits have them. */
export const PREFILL_TOKENS = RECIPE.prefillTokens;
/** Tokens of the made-up chat head: about what a short system message and a question take. */
export const HEAD_TOKENS = 24;
/** What is tried where nothing else is said. */
export const SEQUENCES = [1, 4, 16, 32, 64, 128] as const;
export const BATCHES = [64, 128, 256, 512, 1024] as const;
/** The most sequences that are tried where nothing else is said: on a GPU what audits take there, on a CPU twice that. */
const MOST_SEQUENCES = { cpu: 128, gpu: 256 };
/** Tokens in one decode while the number of sequences is what is tried. */
const USUAL_BATCH = 512;

/** What is measured. */
export const BenchOptions = z
  .strictObject({
    /** GGUF file of the model. */
    model: z.string().min(1),
    /** GGUF file of a reference, for what a whole audit takes. */
    reference: z.string().min(1).optional(),
    /** Seconds of work a point, about. Default 3. */
    seconds: z.number().min(0.05).max(600).default(3),
    /** New tokens of a completion. Default 100, as in audits. */
    maxTokens: z.int().min(8).max(4096).default(RECIPE.maxTokens),
    /** Completions of the audit that is estimated. Default 1000. */
    completions: z.int().min(1).default(1000),
    /** Decides the made-up tokens. Default 0. */
    seed: z.int().min(0).max(0xffffffff).default(0),
    /** The most sequences that are tried. Default 128, on a GPU 256, and no more than `mostBatch`. */
    mostSequences: z.int().min(1).max(256).optional(),
    /** The largest micro-batch that is tried. Default 1024. */
    mostBatch: z
      .int()
      .min(1)
      .max(1 << 20)
      .default(1024),
    loading: ModelOptions.omit({ path: true }).prefault({}),
    context: ContextOptions.omit({
      sequences: true,
      batch: true,
      contextSequence: true,
      shareHead: true,
      adapters: true,
    }).prefault({}),
    /** Run the models in this process. Default false: a child process for each point, so that each has its own peak of memory. */
    inProcess: z.boolean().default(false),
  })
  .refine(({ mostSequences, mostBatch }) => mostBatch >= (mostSequences ?? 1), {
    path: ["mostBatch"],
    error: "--batch must be at least --sequences",
  });

export type BenchOptions = z.input<typeof BenchOptions>;

type Parsed = z.output<typeof BenchOptions>;

/** Options with every default in place, and "auto" decided. */
export type ResolvedBenchOptions = Omit<Parsed, "loading" | "mostSequences"> & {
  loading: Omit<Parsed["loading"], "gpu"> & { gpu: Gpu };
  mostSequences: number;
};

/** Fills in the defaults, and decides once for all points where "auto" runs. Throws BAD_ARGUMENT for what cannot be. */
export async function resolveBenchOptions(given: BenchOptions): Promise<ResolvedBenchOptions> {
  const options = resolveOptions(BenchOptions, given, "bench options");
  const { gpu } = await resolveGpu(options.loading.gpu);
  const most = Math.min(options.mostBatch, gpu === "off" ? MOST_SEQUENCES.cpu : MOST_SEQUENCES.gpu);
  return {
    ...options,
    loading: { ...options.loading, gpu },
    mostSequences: options.mostSequences ?? most,
  };
}

/** The micro-batch that numbers of sequences are tried with. */
export function usualBatch({ mostSequences, mostBatch }: Pick<ResolvedBenchOptions, "mostSequences" | "mostBatch">) {
  return Math.min(mostBatch, Math.max(USUAL_BATCH, mostSequences));
}
