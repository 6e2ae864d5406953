import { z } from "zod";

const count = z.int().min(0);
const amount = z.number().min(0);
const path = z.string().describe("The GGUF file.");

const sharesSchema = z
  .strictObject({
    decode: amount.describe("llama_decode."),
    logSoftmax: amount.describe("Reading rows of logits: log-softmax, and the choice of a token by greedy decoding."),
    sampling: amount.describe("Drawing tokens."),
    copies: amount.describe("Copying and cutting sequences in the KV cache."),
    javascript: amount.describe(
      "The rest: JavaScript, and results on their way to it, as far as decoding waits for them.",
    ),
  })
  .describe("Shares of jobSeconds; together 1.");

export const pointSchema = z.strictObject({
  kind: z.enum(["generate", "score"]),
  model: z.enum(["model", "reference"]),
  sequences: count.describe("Sequences side by side: --sequences."),
  batch: count.describe("Tokens in one decode, which is one micro-batch: --batch."),
  head: z
    .enum(["none", "shared", "repeated"])
    .describe("A chat head before every completion: decoded once and kept, or decoded with every completion."),
  decoding: z.enum(["greedy", "drawn"]).nullable().describe("How tokens are chosen; null where none are."),
  tokens: count.describe("Tokens generated in the steps after prefilling, or tokens scored."),
  seconds: amount.describe("What these tokens took."),
  tokensPerSecond: amount.describe("tokens / seconds."),
  prefillSeconds: amount.describe(
    "Seconds to prefill all sequences once and choose the first token of each; 0 in scoring.",
  ),
  completionsPerMinute: amount.describe(
    "Whole completions: in generating n sequences take prefillSeconds + n * (newTokens - 1) / tokensPerSecond together.",
  ),
  endedEarly: count.describe(
    "Completions that the model ended; the slots they leave empty at a job's end lower the rate.",
  ),
  jobSeconds: amount.describe("Seconds of the job measured, prefilling included, as its caller sees it."),
  shares: sharesSchema,
  bytesRead: amount.describe("Bytes read from llama.cpp in that job: rows of logits, or log-probabilities."),
  peakMemoryBytes: amount.describe(
    "Most memory the engine's process held, the mapped model included, that of a GPU not; with --in-process this process.",
  ),
});

const engineSchema = z.strictObject({
  release: z.string().describe("llama.cpp's."),
  variant: z.string(),
  device: z.string(),
  gpuLayers: count,
  threads: count,
  kvType: z.string(),
  flashAttention: z.boolean(),
  kernel: z.string().describe("The log-softmax in use."),
});

const modelSchema = z.strictObject({
  path,
  description: z.string(),
  architecture: z.string(),
  fileType: z.string(),
  parameters: count,
  sizeBytes: count,
  vocabularySize: count,
  canShareHead: z.boolean(),
});

/** What `telltale bench --json` prints. */
export const benchSchema = z
  .strictObject({
    schema: z.literal("telltale.bench/1").describe("Name and version of this format."),
    startedAt: z.iso.datetime(),
    seconds: amount.describe("The whole bench, loading included."),
    versions: z.record(z.string(), z.string()),
    machine: z.strictObject({
      platform: z.string(),
      arch: z.string(),
      processor: z.string(),
      cores: count,
      memoryBytes: count,
    }),
    model: modelSchema,
    reference: z.strictObject({ path }).nullable(),
    engine: engineSchema,
    settings: z.strictObject({
      secondsPerPoint: amount.describe("Wanted."),
      prefillTokens: count,
      newTokens: count.describe("Of a completion."),
      headTokens: count.describe("Of the made-up chat head, where there is one."),
      seed: count.describe("Of the made-up tokens, which are drawn from the model's ordinary ones."),
      inProcess: z.boolean(),
    }),
    points: z.array(pointSchema).describe("In the order in which they were measured."),
    skipped: z
      .array(
        pointSchema
          .pick({ kind: true, model: true, sequences: true, batch: true, head: true, decoding: true })
          .extend({ reason: z.string().describe("Why, in a sentence or more.") }),
      )
      .describe("Points that were not measured."),
    suggestion: z
      .strictObject({
        sequences: count,
        batch: count,
        threads: count,
        flags: z.string().describe("These, and every other engine option that they were measured with."),
      })
      .describe("The fewest sequences, and the smallest batch that has room for them, within 3 % of the best."),
    audit: z
      .strictObject({
        completions: count,
        generateSeconds: amount,
        scoreFinetunedSeconds: amount,
        scoreReferenceSeconds: amount,
        seconds: amount,
        referenceMeasured: z.boolean().describe("False: the reference is taken to be as fast as the model."),
      })
      .describe(
        "What an audit of so many completions, all of newTokens tokens, would compute for: generating with the suggested sequences and the batch of those points, which matters there to prefilling only; scoring with the suggested batch.",
      ),
  })
  .describe("How fast a model generates and scores on this machine.");

export type Bench = z.infer<typeof benchSchema>;
export type Point = z.infer<typeof pointSchema>;

/** The text of schemas/bench.schema.json. */
export function benchJsonSchema(): string {
  const schema = z.toJSONSchema(benchSchema, { target: "draft-2020-12" });
  return `${JSON.stringify({ title: "Telltale bench", ...schema }, null, 2)}\n`;
}
