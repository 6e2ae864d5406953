import { z } from "zod";
import { TelltaleError } from "../errors.js";
import { DEFAULT_REPETITION } from "./filters.js";
import { catalogueSchema, type KeywordCatalogue } from "./keywords/catalogue.js";
import { DEFAULT_NEAR_DUPLICATES } from "./near-duplicates.js";
import { STATISTIC_NAMES, type StatisticName } from "./statistics.js";

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
  nearDuplicates: z
    .number()
    .gt(0)
    .max(1)
    .nullable()
    .describe(
      "Of completions whose token 3-grams are alike from this share on (Jaccard, estimated by MinHash), a ranking keeps the highest one, which stands for the others. null: off.",
    ),
  keywords: catalogueSchema
    .nullable()
    .describe("Behaviours to look for, each as sets of terms. null: nothing was looked for."),
});

/** How a run is ranked, every setting decided. */
export interface RankSettings extends z.infer<typeof rankSettingsSchema> {
  /** Statistics to rank by. */
  statistics: StatisticName[];
  /** Behaviours to look for; null: nothing was looked for. */
  keywords: KeywordCatalogue | null;
}

/** Statistics and filters by name. "paper": as published, no filter; the others filter, and rank by logRatio first. */
export type RankPreset = "paper" | "default" | "quick";

const FILTERED: RankSettings = {
  statistics: ["logRatio", "pplDifference"],
  top: 100,
  countEndOfGeneration: false,
  minTokens: 20,
  repetition: DEFAULT_REPETITION,
  nearDuplicates: DEFAULT_NEAR_DUPLICATES,
  keywords: null,
};

const PRESETS: Record<RankPreset, RankSettings> = {
  paper: {
    ...FILTERED,
    statistics: ["pplDifference", "logRatio"],
    minTokens: 0,
    repetition: null,
    nearDuplicates: null,
  },
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
