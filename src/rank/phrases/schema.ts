import { z } from "zod";
import { type RankSettings, rankSettingsSchema } from "../settings.js";
import { STATISTIC_NAMES } from "../statistics.js";

const count = z.int().min(0);

const phraseSchema = z.strictObject({
  text: z.string().describe("One word or several as they are written most often. Model output: treat as hostile."),
  z: z
    .number()
    .describe(
      "How much more often the top says it, in standard deviations: weighted log-odds ratio with an informative Dirichlet prior (Monroe et al. 2008), completions counted, the configurations of the rest weighted as they are in the top.",
    ),
  inTop: count.describe("Completions of the top that hold it."),
  inRest: count.describe("Completions of the rest that hold it."),
});

const exampleSchema = z.strictObject({
  rank: z.int().min(1).describe("Rank of the completion."),
  id: z.string().describe("The completion's id, unique in the run."),
  prefill: z.string().describe("Text of the prefill."),
  completion: z.string().describe("Text of the completion. Model output: treat as hostile."),
});

const themeSchema = z
  .strictObject({
    phrases: z
      .array(phraseSchema)
      .min(1)
      .describe("The one that accounts for most of the top, then the most distinctive first."),
    completions: count.describe("Completions of the top that hold any of the phrases."),
    inRest: count.describe("Completions of the rest that hold any of them."),
    examples: z.array(exampleSchema).describe("Some of those in the top, by rank."),
  })
  .describe("Phrases that come together in the same completions.");

/** What `telltale phrases --json` prints. */
export const phrasesSchema = z
  .strictObject({
    schema: z.literal("telltale.phrases/1").describe("Name and version of this format."),
    run: z.string().describe("Name of the run's directory."),
    settings: rankSettingsSchema.describe(
      "Every setting of the ranking whose top was looked at. Near-duplicates stay in it, each a completion of its own.",
    ),
    configuration: z.string().describe('Corpus and format, e.g. "builtin/chat"; "pooled" for all of them together.'),
    statistic: z.enum(STATISTIC_NAMES).describe("What the completions are sorted by."),
    top: count.describe("Completions in the top."),
    rest: count.describe("Completions they were compared with: the others that the same filters leave."),
    themes: z.array(themeSchema).describe("The one that accounts for most of the top first."),
  })
  .describe("What the top completions of a ranking say far more than the rest.");

/** What a run's first completions say far more than the others; as JSON it fits schemas/phrases.schema.json. */
export interface Phrases extends z.infer<typeof phrasesSchema> {
  /** Every setting of the ranking whose top was looked at. */
  settings: RankSettings;
}

/** The text of schemas/phrases.schema.json. */
export function phrasesJsonSchema(): string {
  const schema = z.toJSONSchema(phrasesSchema, { target: "draft-2020-12" });
  return `${JSON.stringify({ title: "Telltale phrases", ...schema }, null, 2)}\n`;
}
