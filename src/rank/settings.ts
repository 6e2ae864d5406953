import { z } from "zod";
import { TelltaleError } from "../errors.js";
import { DEFAULT_REPETITION } from "./filters.js";
import { keywordSetsSchema } from "./keywords.js";
import { STATISTIC_NAMES } from "./statistics.js";

/** How a run is ranked. Nothing here needs a model: changing it is a re-ranking. */
export const rankSettingsSchema = z.strictObject({
  statistics: z
    .array(z.enum(STATISTIC_NAMES))
    .min(1)
    .describe("Statistics to rank by; every one gives a ranking per configuration and a pooled one."),
  top: z.int().min(1).describe("Completions listed per ranking, from the first rank on."),
  countEndOfGeneration: z
    .boolean()
    .describe("Whether the end-of-generation token at the end of a completion is one of its counted tokens."),
  minTokens: z.int().min(0).describe("Completions of fewer counted tokens are dropped. 0: off."),
  repetition: z
    .number()
    .gt(0)
    .max(1)
    .nullable()
    .describe("Completions that deflate to less than this share of their bytes are dropped. null: off."),
  keywords: keywordSetsSchema
    .nullable()
    .describe("A completion matches when all terms of any set are in it. null: nothing was looked for."),
});

export type RankSettings = z.infer<typeof rankSettingsSchema>;

export type RankPreset = "paper" | "default" | "quick";

const FILTERED: RankSettings = {
  statistics: ["logRatio", "pplDifference"],
  top: 100,
  countEndOfGeneration: false,
  minTokens: 20,
  repetition: DEFAULT_REPETITION,
  keywords: null,
};

const PRESETS: Record<RankPreset, RankSettings> = {
  paper: { ...FILTERED, statistics: ["pplDifference", "logRatio"], minTokens: 0, repetition: null },
  default: FILTERED,
  quick: FILTERED,
};

/** The settings a preset stands for, as a fresh object to change at will. */
export function presetRankSettings(preset: RankPreset): RankSettings {
  return structuredClone(PRESETS[preset]);
}

/** Checked settings; BAD_ARGUMENT with the name of the setting that is wrong. */
export function checkRankSettings(settings: unknown): RankSettings {
  const result = rankSettingsSchema.safeParse(settings);
  if (result.success) return { ...result.data, statistics: [...new Set(result.data.statistics)] };
  const issue = result.error.issues[0];
  const name = issue?.path.join(".") || "ranking";
  throw new TelltaleError("BAD_ARGUMENT", `The setting "${name}" is wrong: ${issue?.message}. Correct it.`);
}
