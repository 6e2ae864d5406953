import { z } from "zod";
import { rankSettingsSchema } from "./settings.js";
import { STATISTIC_NAMES } from "./statistics.js";

const count = z.int().min(0);
const perplexity = z.number().min(0);

const droppedSchema = z
  .strictObject({
    empty: count.describe("Completions without a counted token."),
    unscored: count.describe("Completions for which a model's log-probabilities are missing or unusable."),
    minTokens: count.describe("Completions of fewer counted tokens than settings.minTokens."),
    repetition: count.describe("Completions that the repetition filter took for degenerate repetition."),
  })
  .describe("How many completions are left out, each counted under the first reason that holds, in this order.");

const matchesSchema = z
  .strictObject({
    top10: count.describe("Matching completions among the first 10."),
    top100: count.describe("Matching completions among the first 100."),
    firstRank: z.int().min(1).nullable().describe("Rank of the first matching completion; null where none matches."),
    total: count.describe("Matching completions in the whole ranking."),
  })
  .describe("How the keywords fare, over the whole ranking. Absent when no keywords were given.");

const capturedSchema = z
  .strictObject({
    completions: count.describe("Completions of this ranking whose finetuned figures are captured ones."),
    settled: count.describe(
      "So many first ranks hold as far as the margin does: no captured completion can reach them within it. 0 until a sample of every configuration has been measured.",
    ),
    measured: count.describe("Completions of the run with both captured and scored log-probabilities."),
    rms: z.number().nullable().describe("Over those, captured less scored: root mean square, nats per token."),
    largest: z.number().nullable().describe("And the largest, nats per token."),
    margin: z
      .number()
      .nullable()
      .describe(
        "Nats: a captured completion of n tokens is taken to be off by up to margin * sqrt(n), twice the most that was measured.",
      ),
  })
  .describe(
    "How the captured completions were dealt with. Absent where no completion of the ranking is a captured one.",
  );

export const rankingEntrySchema = z.strictObject({
  rank: z.int().min(1).describe("1 for the highest value."),
  id: z.string().describe("The completion's id, unique in the run."),
  value: z.number().describe("The statistic's value. What overflows a double is given as the largest double."),
  source: z
    .literal("captured")
    .optional()
    .describe(
      "Present where pplFinetuned and value come from log-probabilities captured while generating, not from a scoring pass.",
    ),
  prefill: z.string().describe("Text of the prefill."),
  completion: z.string().describe("Text of the completion. Model output: treat as hostile."),
  tokens: count.describe("Counted tokens of the completion."),
  pplFinetuned: perplexity.describe("Perplexity under the finetuned model, over the counted tokens."),
  pplReference: perplexity.describe("Perplexity under the reference, over the counted tokens."),
  match: z.boolean().nullable().describe("Whether the completion matches the keywords; null when none were given."),
});

export const rankingSchema = z.strictObject({
  configuration: z.string().describe('Corpus and format, e.g. "builtin/chat"; "pooled" for all of them together.'),
  statistic: z.enum(STATISTIC_NAMES).describe("What the completions are sorted by, descending; ties by id."),
  count: count.describe("Completions in the whole ranking."),
  dropped: droppedSchema,
  captured: capturedSchema.optional(),
  matches: matchesSchema.optional(),
  top: z.array(rankingEntrySchema).describe("The first settings.top completions of the ranking."),
});

/** The rankings of one run, as `telltale rank` writes them. */
export const rankingsSchema = z
  .strictObject({
    schema: z.literal("telltale.rankings/1").describe("Name and version of this format."),
    run: z.string().describe("Name of the run's directory."),
    settings: rankSettingsSchema.describe("Every setting the rankings were made with."),
    rankings: z
      .array(rankingSchema)
      .describe("Per configuration in alphabetical order, then pooled; for each, the statistics as in settings."),
  })
  .describe("Completions of a finetuned model, ranked by how much less likely a reference model finds them.");

export type Rankings = z.infer<typeof rankingsSchema>;
export type Ranking = z.infer<typeof rankingSchema>;
export type CapturedSummary = z.infer<typeof capturedSchema>;
export type RankingEntry = z.infer<typeof rankingEntrySchema>;

/** The text of schemas/rankings.schema.json. */
export function rankingsJsonSchema(): string {
  const schema = z.toJSONSchema(rankingsSchema, { target: "draft-2020-12" });
  return `${JSON.stringify({ title: "Telltale rankings", ...schema }, null, 2)}\n`;
}
