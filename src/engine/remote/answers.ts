import { z } from "zod";
import { quoted } from "../../safe-text.js";
import { malformed } from "./failure.js";

const Ids = z.array(z.int().min(0));
const Reason = z.union([z.string(), z.int()]).nullish();

/** OpenAI's lists; llama-server gives `content` instead. */
const Logprobs = z.object({
  tokens: z.array(z.string()).nullish(),
  token_logprobs: z.array(z.number().nullable()).nullish(),
  content: z.array(z.object({ id: z.int().min(0), logprob: z.number() })).nullish(),
});

const Choice = z.object({
  index: z.int().min(0),
  text: z.string().default(""),
  finish_reason: z.string().nullish(),
  /** Which token or text ended it: vLLM's name for it, and SGLang's. */
  stop_reason: Reason,
  matched_stop: Reason,
  logprobs: Logprobs.nullish(),
  token_ids: Ids.nullish(),
  prompt_token_ids: Ids.nullish(),
  /** One entry a token, by id as text: the token itself and perhaps likelier ones. */
  prompt_logprobs: z
    .array(z.record(z.string(), z.object({ logprob: z.number(), decoded_token: z.string().nullish() })).nullable())
    .nullish(),
});

const Completions = z.object({
  choices: z.array(Choice),
  usage: z.object({ prompt_tokens: z.int().min(0).nullish(), completion_tokens: z.int().min(0).nullish() }).nullish(),
});

const Models = z.object({
  data: z.array(
    z.object({
      id: z.string().min(1).max(4096),
      owned_by: z.string().nullish(),
      max_model_len: z.int().min(1).nullish(),
      meta: z.object({ n_ctx: z.int().min(1).nullish() }).nullish(),
    }),
  ),
});

/** llama-server's own form of a completion: every token, and the log-probabilities of those that end a character. */
const NativeCompletion = z.object({
  index: z.int().min(0),
  tokens: Ids,
  stop_type: z.enum(["eos", "limit", "word", "none"]),
  completion_probabilities: z
    .array(
      z.object({
        id: z.int().min(0),
        logprob: z.number(),
        top_logprobs: z.array(z.object({ id: z.int().min(0), logprob: z.number() })).default([]),
      }),
    )
    .default([]),
});

export type Choice = z.output<typeof Choice>;
export type Usage = z.output<typeof Completions>["usage"];
export type ListedModel = z.output<typeof Models>["data"][number];
export type NativeCompletion = z.output<typeof NativeCompletion>;

export interface CompletionsAnswer {
  /** In the order of the prompts. */
  choices: Choice[];
  usage: Usage;
}

/** The completions of `prompts` prompts. Throws EndpointFailure where they are not that. */
export function readCompletions(json: unknown, prompts: number): CompletionsAnswer {
  const { choices, usage } = parsed(Completions, json);
  return { choices: inOrder(choices, prompts), usage };
}

export function readModels(json: unknown): ListedModel[] {
  return parsed(Models, json).data;
}

/** llama-server answers one prompt with an object and several with a list. */
export function readNativeCompletions(json: unknown, prompts: number): NativeCompletion[] {
  return inOrder(parsed(z.array(NativeCompletion), Array.isArray(json) ? json : [json]), prompts);
}

/** Parses what came. Throws EndpointFailure that names the first thing wrong with it. */
export function parsed<T extends z.ZodType>(schema: T, json: unknown): z.output<T> {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = issue?.path.join(".") || "all of it";
  throw malformed(`${quoted(place)}: ${issue?.message ?? "not as expected"}`);
}

function inOrder<T extends { index: number }>(answers: readonly T[], prompts: number): T[] {
  const ordered = answers.toSorted((a, b) => a.index - b.index);
  if (ordered.length !== prompts || ordered.some(({ index }, i) => index !== i)) {
    throw malformed(`it holds ${answers.length} completions, numbered otherwise than the ${prompts} texts sent`);
  }
  return ordered;
}
