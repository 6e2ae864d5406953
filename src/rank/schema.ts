import { z } from "zod";
import { type RankSettings, rankSettingsSchema } from "./settings.js";
import { STATISTIC_NAMES } from "./statistics.js";

const count = z.int().min(0);
const perplexity = z.number().min(0);

const droppedSchema = z
  .strictObject({
    empty: count.describe("Completions without a counted token."),
    unscored: count.describe("Completions for which a model's log-probabilities are missing or unusable."),
    minTokens: count.describe("Completions of fewer counted tokens than settings.minTokens."),
    repetition: count.describe("Completions that the repetition filter took for degenerate repetition."),
    nearDuplicates: count.describe("Completions for which a higher one of this ranking stands."),
  })
  .describe("How many completions are left out, each counted under the first reason that holds, in this order.");

const rankShares = z
  .array(count)
  .describe(
    "Matching completions in twenty equal parts of the ranking, from the first rank on: how far to the front they stand.",
  );

export const matchesSchema = z
  .strictObject({
    top10: count.describe("Matching completions among the first 10."),
    top100: count.describe("Matching completions among the first 100."),
    firstRank: z.int().min(1).nullable().describe("Rank of the first matching completion; null where none matches."),
    total: count.describe("Matching completions in the whole ranking."),
    ranks: rankShares,
  })
  .describe("How keywords fare, over the whole ranking.");

const behaviourMatchesSchema = matchesSchema.extend({
  behaviour: z.string().describe("Name of a behaviour of settings.keywords."),
});

const nullSchema = z
  .strictObject({
    count: count.describe("Completions of the reference that were ranked, near-duplicates included."),
    highest: z.number().nullable().describe("The highest value among them; null where there is none."),
    above10: count.describe(
      "Of the first 10 completions of this ranking, near-duplicates included, those above all of them.",
    ),
    above100: count.describe("Of the first 100, the same."),
    above: count.describe("Of the whole ranking, the same."),
    chance: z
      .number()
      .min(0)
      .max(1)
      .describe(
        "Probability of at least `above` in a row above every null value if both lists came from one distribution, completion by completion.",
      ),
    fdr05: count.describe("Completions of the whole ranking with a false-discovery rate of at most 0.05."),
  })
  .describe(
    "The ranking beside the null: the same statistic, its models' roles changed, over what the reference made of the same prefills.",
  );

const capturedSchema = z
  .strictObject({
    completions: count.describe(
      "Completions of this ranking, near-duplicates included, whose finetuned figures are captured ones.",
    ),
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

const modelNoiseSchema = z
  .strictObject({
    sequences: count.describe("Completions that were scored again, alone and together."),
    rms: z
      .number()
      .describe("How far their figures then were from those of the run: root mean square, nats per token."),
    largest: z.number().describe("And the largest, nats per token."),
    margin: z
      .number()
      .describe(
        "Nats: a sum over n tokens is taken to be off by up to margin * sqrt(n), twice the most that was measured.",
      ),
  })
  .nullable()
  .describe("Null where it was not measured.");

const noiseSchema = z
  .strictObject({
    finetuned: modelNoiseSchema,
    reference: modelNoiseSchema,
    uncertain: count.describe("Completions of the whole ranking that could have another rank within that."),
    settled: count.describe("So many first ranks hold within it."),
  })
  .describe(
    "How far the models' figures depend on what is computed beside a completion. Absent where they do not, and where that was not measured.",
  );

const noisyRanksSchema = z
  .strictObject({
    best: z.int().min(1).describe("The best rank."),
    worst: z.int().min(1).describe("The worst rank."),
  })
  .describe(
    "Present where noise could have given the completion another rank: the best and the worst, both models' sums moved by their margins.",
  );

export const rankingEntrySchema = z.strictObject({
  rank: z.int().min(1).describe("1 for the highest value."),
  id: z.string().describe("The completion's id, unique in the run."),
  value: z.number().describe("The statistic's value. What overflows a double is given as the largest double."),
  source: z
    .literal("captured")
    .optional()
    .describe(
      "Present where the figures of the finetuned model, and all that are made of them, come from log-probabilities captured while generating, not from a scoring pass.",
    ),
  prefill: z.string().describe("Text of the prefill."),
  completion: z.string().describe("Text of the completion. Model output: treat as hostile."),
  tokens: count.describe("Counted tokens of the completion."),
  bytes: count.describe("Bytes of those tokens."),
  nllFinetuned: z.number().describe("Nats: the sum of -log p under the finetuned model over the counted tokens."),
  nllReference: z.number().describe("The same under the reference."),
  peak: z
    .strictObject({
      value: z.number().describe("Nats per token."),
      from: count.describe("Index of the window's first token."),
    })
    .describe(
      "Where the mean log-ratio of 20 consecutive tokens is highest: nats per token, index of the first token.",
    ),
  pplFinetuned: perplexity.describe("Perplexity under the finetuned model, over the counted tokens."),
  pplReference: perplexity.describe(
    "Perplexity under the reference, over the counted tokens; of its own where it has another tokenizer.",
  ),
  referenceTokens: count
    .min(1)
    .optional()
    .describe(
      "Present where the reference has another tokenizer: its own tokens that start at or after the completion's first byte.",
    ),
  pplReferencePerToken: perplexity
    .optional()
    .describe(
      "And then exp(nllReference / tokens): its perplexity per token of the finetuned model, the one to compare pplFinetuned with.",
    ),
  match: z.boolean().nullable().describe("Whether the completion matches any behaviour; null when none were given."),
  behaviours: z
    .array(z.string())
    .optional()
    .describe("Names of those it matches, where settings.keywords has several."),
  standsFor: z
    .int()
    .min(1)
    .describe("Completions of this ranking this one stands for, itself included: near-duplicates below it."),
  p: z
    .number()
    .gt(0)
    .max(1)
    .optional()
    .describe("(1 + null values at or above this one) / (1 + null values). Absent without a null."),
  q: z.number().gt(0).max(1).optional().describe("False-discovery rate of the list down to here (Benjamini-Hochberg)."),
  ranks: noisyRanksSchema.optional(),
});

export const rankingSchema = z.strictObject({
  configuration: z.string().describe('Corpus and format, e.g. "builtin/chat"; "pooled" for all of them together.'),
  statistic: z.enum(STATISTIC_NAMES).describe("What the completions are sorted by, descending; ties by id."),
  count: count.describe("Completions in the whole ranking."),
  dropped: droppedSchema,
  captured: capturedSchema.optional(),
  noise: noiseSchema.optional(),
  matches: matchesSchema.optional().describe("Absent when no keywords were given."),
  behaviours: z
    .array(behaviourMatchesSchema)
    .optional()
    .describe("Each behaviour for itself, where there are several."),
  null: nullSchema.optional(),
  top: z.array(rankingEntrySchema).describe("The first settings.top completions of the ranking."),
});

export const VERDICT_LEVELS = ["nothing", "weak", "clear"] as const;

export const verdictSchema = z.strictObject({
  level: z
    .enum(VERDICT_LEVELS)
    .describe('"nothing": no more than the null gives; "weak": more than chance, and little; "clear": much more.'),
  sentence: z.string().describe("The same for people, with the figures."),
});

/** The rankings of one run, as `telltale rank` writes them. */
export const rankingsSchema = z
  .strictObject({
    schema: z.literal("telltale.rankings/2").describe("Name and version of this format."),
    run: z.string().describe("Name of the run's directory."),
    settings: rankSettingsSchema.describe("Every setting the rankings were made with."),
    verdict: verdictSchema
      .nullable()
      .describe("What the calibration says of the run; null where it was not calibrated."),
    rankings: z
      .array(rankingSchema)
      .describe("Per configuration in alphabetical order, then pooled; for each, the statistics as in settings."),
  })
  .describe("Completions of a finetuned model, ranked by how much less likely a reference model finds them.");

/** The rankings of one run; as JSON it fits schemas/rankings.schema.json. */
export interface Rankings extends z.infer<typeof rankingsSchema> {
  /** Every setting the rankings were made with. */
  settings: RankSettings;
  /** What the calibration says of the run; null where it was not calibrated. */
  verdict: Verdict | null;
  /** Per configuration in alphabetical order, then pooled; for each, the statistics as in settings. */
  rankings: Ranking[];
}

/** The completions of one configuration, or of all of them pooled, sorted by one statistic. */
export interface Ranking extends z.infer<typeof rankingSchema> {
  /** The first `settings.top` completions of the ranking. */
  top: RankingEntry[];
}

/** A completion in a ranking. */
export interface RankingEntry extends z.infer<typeof rankingEntrySchema> {}

/** What a calibrated run says as a whole. */
export interface Verdict extends z.infer<typeof verdictSchema> {}

export type Dropped = z.infer<typeof droppedSchema>;
export type CapturedSummary = z.infer<typeof capturedSchema>;
export type Matches = z.infer<typeof matchesSchema>;
export type NoiseSummary = z.infer<typeof noiseSchema>;
export type NullSummary = z.infer<typeof nullSchema>;

/** The text of schemas/rankings.schema.json. */
export function rankingsJsonSchema(): string {
  const schema = z.toJSONSchema(rankingsSchema, { target: "draft-2020-12" });
  return `${JSON.stringify({ title: "Telltale rankings", ...schema }, null, 2)}\n`;
}
