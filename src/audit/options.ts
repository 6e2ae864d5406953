import { z } from "zod";
import { definedOnly } from "../defined.js";
import type { Sampling } from "../engine/engine.js";
import {
  type ContextOptions,
  ContextRequest,
  ModelOptions,
  resolveOptions,
  SamplingOptions,
} from "../engine/options.js";
import { RemoteOptions } from "../engine/remote/options.js";
import { TelltaleError } from "../errors.js";
import { parseCorpus } from "../prefill/spec.js";
import { compileKeywords } from "../rank/keywords/matcher.js";
import { checkRankSettings, type RankSettings, rankSettingsSchema } from "../rank/settings.js";
import { FINETUNED_SCORES, FORMATS } from "./formats.js";
import { PLACEMENTS } from "./placement.js";
import { auditPreset } from "./presets.js";

/** Everything an audit is asked. What is not given comes from the preset. */
export const AuditOptions = z.strictObject({
  /**
   * GGUF file of the finetuned model, or its name on the hub, `hf:OWNER/REPO[:QUANTISATION]`, or the endpoints that serve it,
   * `http://HOST:PORT/v1[,...][#MODEL]`; with `lora`, the model the adapter belongs to.
   */
  finetuned: z.string().min(1),
  /** The reference, given like the finetuned model. May be left out with `lora`: then it is the same file without the adapter. */
  reference: z.string().min(1).optional(),
  /** GGUF file with the vocabulary of a model behind endpoints, where those do not tell their tokens. */
  finetunedTokenizer: z.string().min(1).optional(),
  /** The same for a reference behind endpoints. */
  referenceTokenizer: z.string().min(1).optional(),
  /** How endpoints are asked: requests to one at a time, texts in a request, seconds for an answer, attempts. */
  endpoints: RemoteOptions.pick({
    concurrency: true,
    itemsRequest: true,
    timeoutSeconds: true,
    attempts: true,
  }).prefault({}),
  /** LoRA adapter (GGUF) that makes the finetuned model. */
  lora: z
    .strictObject({
      /** Its file, or its name on the hub. */
      path: z.string().min(1),
      /** How strongly it is applied. Default 1. */
      scale: z.number().default(1),
    })
    .optional(),
  /** "paper": the published recipe to the letter; "quick": 500 prefills; "default": between the two. */
  preset: z.enum(["paper", "default", "quick"]).default("default"),
  /** Where the run is written; must not hold anything yet. Default: runs/<finetuned>-<time>. */
  directory: z.string().min(1).optional(),
  /** `builtin`, `file:PATH`, `hf:OWNER/DATASET`, `c4-10k`, `pile-10k`, `code-10k`. */
  corpora: z.array(z.string().min(1)).min(1).optional(),
  /** Column or field of the corpora that holds the text. Default "text". */
  column: z.string().min(1).optional(),
  /** "auto": raw, and chat where the finetuned model has a chat template. */
  formats: z.union([z.literal("auto"), z.array(z.enum(FORMATS)).min(1)]).optional(),
  /** The conversation the chat format opens with. */
  chat: z
    .strictObject({
      /** What the system says; "" for nothing. */
      system: z.string(),
      /** What the user says first. */
      user: z.string(),
    })
    .optional(),
  /** Tokens per prefill. Default 3. */
  prefillTokens: z.int().min(1).max(1024).optional(),
  /** Prefills per corpus; null: all. */
  limit: z.int().min(1).nullable().optional(),
  /** Decides the order of the prefills. Default 0. */
  seed: z.int().min(0).max(0xffffffff).default(0),
  /** New tokens per completion at most. */
  maxTokens: z.int().min(1).max(65_536).optional(),
  /** Completions per prefill; more than one needs `sampling`. Default 1. */
  samples: z.int().min(1).max(1024).default(1),
  /** Absent: greedy. */
  sampling: SamplingOptions.optional(),
  /**
   * "exact": the finetuned model scores every completion. "captured": only those that could be among the first `rank.top`, at least
   * 100, of a configuration by any statistic, judged by the log-probabilities seen while generating; the others keep those. Of a
   * finetuned model behind endpoints all keep those: for servers that cannot score.
   */
  finetunedScores: z.enum(FINETUNED_SCORES).default("exact"),
  /**
   * Let the reference continue the same prefills, too, and rank the mirrored difference of those: a null, that tells what a list
   * without a finding looks like. Costs as much again. Default false.
   */
  calibrate: z.boolean().default(false),
  /** "auto": side by side where both models fit in memory. */
  placement: z.enum(PLACEMENTS).default("auto"),
  /** GPUs of the reference, for both models side by side on devices of their own. Default: those of the finetuned model. */
  referenceDevices: ModelOptions.shape.devices,
  /** How the models are loaded. */
  model: ModelOptions.omit({ path: true }).prefault({}),
  /** How they compute. What is absent is chosen from the models and the machine. */
  context: ContextRequest.omit({ adapters: true, contextSequence: true }).prefault({}),
  /** Run the models in this process. Default false: a child process each, which a broken model file may kill. */
  inProcess: z.boolean().default(false),
  /** How the finished run is ranked. Default: the preset's way. */
  rank: rankSettingsSchema.partial().default({}),
});

/** Everything an audit is asked. What is not given comes from the preset, or from the models and the machine. */
export interface AuditOptions extends z.input<typeof AuditOptions> {
  /** Absent: greedy. */
  sampling?: Sampling | undefined;
  /** How the models are loaded. */
  model?: Omit<ModelOptions, "path"> | undefined;
  /** How they compute. What is absent is chosen from the models and the machine. */
  context?: Omit<ContextOptions, "adapters" | "contextSequence"> | undefined;
  /** How the finished run is ranked. Default: the preset's way. */
  rank?: { [Setting in keyof RankSettings]?: RankSettings[Setting] | undefined } | undefined;
}

/** Options with every default in place that needs no look at the models and the machine. */
export type AskedAuditOptions = ReturnType<typeof resolveAuditOptions>;

/** Options with every default in place, as run.json records them; how contexts compute is decided for models that run here. */
export type ResolvedAuditOptions = AskedAuditOptions;

/** Fills in defaults and the preset, and refuses with BAD_ARGUMENT whatever can be known to be wrong before any work. */
export function resolveAuditOptions(given: AuditOptions) {
  const parsed = resolveOptions(AuditOptions, given, "audit options");
  if (parsed.reference === undefined && parsed.lora === undefined) {
    throw badOption(
      "a reference model is needed (--reference FILE), unless an adapter makes the finetuned one (--lora)",
    );
  }
  if (parsed.samples > 1 && parsed.sampling === undefined) {
    throw badOption("several samples of a prefill need sampling (--temperature): greedy ones would all be the same");
  }
  const { batch, sequences } = parsed.context;
  if (batch !== undefined && sequences !== undefined && batch < sequences)
    throw badOption(`--batch (${batch}) must be at least --sequences (${sequences})`);
  const preset = auditPreset(parsed.preset);
  const { rank: rankChanges, ...rest } = parsed;
  const rank = checkRankSettings({ ...preset.rank, ...definedOnly(rankChanges) });
  if (rank.keywords !== null) compileKeywords(rank.keywords);
  const options = { ...preset, ...definedOnly(rest), reference: parsed.reference ?? parsed.finetuned, rank };
  refuseSameNames(options.corpora);
  return options;
}

function refuseSameNames(corpora: readonly string[]): void {
  const names = corpora.map((corpus) => parseCorpus(corpus).name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return;
  throw badOption(
    `two of the corpora are called "${twice}", so their results could not be told apart; give each once, or rename a file`,
  );
}

function badOption(what: string): TelltaleError {
  return new TelltaleError("BAD_ARGUMENT", `Wrong audit options: ${what}.`);
}
