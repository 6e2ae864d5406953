import { z } from "zod";
import { rankingSchema, rankingsSchema } from "../rank/schema.js";
import { type RankSettings, rankSettingsSchema } from "../rank/settings.js";

const count = z.int().min(0);
const share = z.number().min(0).max(1);

const modelSchema = z.strictObject({
  file: z.string().describe("Name of the file, or of the first of its parts, without folders."),
  sha256: z.array(z.string()).describe("Hex, of each part."),
  architecture: z.string().nullable().describe('e.g. "qwen2".'),
  fileType: z.string().nullable().describe('Quantisation of most weights, e.g. "Q8_0".'),
  parameters: z.number().nullable().describe("Number of weights."),
});

const comparedRankingSchema = rankingSchema.omit({ top: true }).extend({
  highest: z.number().nullable().describe("The highest value; null where nothing is ranked."),
});

const comparedRunSchema = z.strictObject({
  name: z.string().describe("Name of the run's directory, with folders before it where several have the same."),
  finished: z.boolean().describe("False for a run that has no summary yet."),
  startedAt: z.string().nullable().describe("ISO 8601; null where run.json does not say."),
  finetuned: modelSchema.nullable().describe("The finetuned model; null where run.json does not say."),
  adapter: modelSchema.nullable().describe("The LoRA adapter that makes the finetuned model; null without one."),
  reference: modelSchema.nullable().describe("The reference; null likewise."),
  verdict: rankingsSchema.shape.verdict,
  rankings: z
    .array(comparedRankingSchema)
    .describe("Per configuration in alphabetical order, then pooled; for each, the statistics as in settings."),
});

const overlapSchema = z.strictObject({
  runs: z.tuple([count, count]).describe("Indices of the two runs."),
  configuration: rankingSchema.shape.configuration,
  statistic: rankingSchema.shape.statistic,
  listed: z.tuple([count, count]).describe("Completions of each run's list, settings.top at most."),
  samePrefill: share.describe(
    "Share of both lists whose prefill, in the same configuration, is in the other list, too. 0 where nothing is listed.",
  ),
  alike: share.describe(
    "Share of both lists to whose completion one in the other list is equal or alike: Jaccard index of word 3-grams of at least settings.nearDuplicates, or of its default where that is off.",
  ),
  common: count.describe("Prefills that both runs have ranked, near-duplicates included."),
  correlation: z
    .number()
    .min(-1)
    .max(1)
    .nullable()
    .describe(
      "Spearman's rank correlation of their values; null for fewer than 3, or where all values of a run are equal.",
    ),
});

const differenceSchema = z.strictObject({
  path: z.string().describe('Where in run.json, e.g. "options.maxTokens" or "corpora[builtin].digest".'),
  values: z
    .array(z.string().nullable())
    .describe("Each run's value as JSON, file paths without their folders; null where there is none."),
  incidental: z
    .boolean()
    .describe(
      "True for what says nothing of the result: times, the machine, folders, and what follows from another one.",
    ),
});

/** Several runs beside each other, as `telltale compare` writes them. */
export const comparisonSchema = z
  .strictObject({
    schema: z.literal("telltale.comparison/1").describe("Name and version of this format."),
    settings: rankSettingsSchema.describe("What all runs were ranked with."),
    runs: z.array(comparedRunSchema).min(2).describe("In the order in which they were given."),
    overlaps: z
      .array(overlapSchema)
      .describe("Of every two runs, for every configuration that both have, then pooled; for each, the statistics."),
    differences: z.array(differenceSchema).describe("What differs between the runs' manifests."),
  })
  .describe("Several runs of Telltale, ranked with the same settings: what each found, and how far they agree.");

/** Several runs beside each other; as JSON it fits schemas/comparison.schema.json. */
export interface Comparison extends z.infer<typeof comparisonSchema> {
  /** What all runs were ranked with. */
  settings: RankSettings;
}

export type ComparedRun = z.infer<typeof comparedRunSchema>;
export type ComparedRanking = z.infer<typeof comparedRankingSchema>;
export type Overlap = z.infer<typeof overlapSchema>;
export type ManifestDifference = z.infer<typeof differenceSchema>;

/** The text of schemas/comparison.schema.json. */
export function comparisonJsonSchema(): string {
  const schema = z.toJSONSchema(comparisonSchema, { target: "draft-2020-12" });
  return `${JSON.stringify({ title: "Telltale comparison", ...schema }, null, 2)}\n`;
}
