import type { Sampling } from "../engine.js";
import type { Fields, GenerationManner, ScoringManner } from "./manner.js";

export type Prompt = readonly number[] | string;

/**
 * What keeps a server from changing the distribution by defaults of its own: vLLM and SGLang take penalties and filters from the
 * model's generation_config.json, llama-server has filters of its own. OpenAI's form has no field for some of them.
 */
const UNTOUCHED = {
  top_p: 1,
  top_k: -1,
  min_p: 0,
  presence_penalty: 0,
  frequency_penalty: 0,
  repetition_penalty: 1,
  repeat_penalty: 1,
};

export interface ScoringBody {
  model: string;
  prompts: readonly Prompt[];
  manner: ScoringManner;
  fields: Fields;
  /** Tokens that all prompts begin with, which a Telltale server decodes once. */
  head: number;
  /** False: BOS stands in the texts already. */
  addSpecial: boolean;
}

/** Asks for the log-probabilities of the prompts themselves. */
export function scoringBody({ model, prompts, manner, fields, head, addSpecial }: ScoringBody): object {
  const areTexts = typeof prompts[0] === "string";
  return {
    model,
    prompt: prompts,
    max_tokens: manner.maxTokens,
    temperature: 0,
    ...(manner.by === "echo" ? { echo: true, logprobs: manner.logprobs } : { prompt_logprobs: manner.logprobs }),
    ...(fields !== "plain" && areTexts ? { add_special_tokens: addSpecial } : {}),
    // Where vLLM is asked for ids, too, it leaves the text out of an echo.
    ...(fields === "extended" && !areTexts ? { return_token_ids: true } : {}),
    // Said also where there is none: what the server would share else depends on what other requests wait.
    ...(fields === "telltale" && !areTexts ? { prefix_tokens: head } : {}),
  };
}

export interface GenerationBody {
  model: string;
  prompts: readonly Prompt[];
  manner: Pick<GenerationManner, "by">;
  fields: Fields;
  maxTokens: number;
  head: number;
  /** Absent: greedy. `seed` is that of this one completion. */
  sampling?: Sampling | undefined;
}

/** Asks for completions. */
export function generationBody(asked: GenerationBody): object {
  const { model, prompts, manner, fields, maxTokens, head, sampling } = asked;
  const body = { model, prompt: prompts, max_tokens: maxTokens, logprobs: fields === "telltale" ? 0 : 1 };
  const drawn =
    sampling === undefined ? { temperature: 0 } : { temperature: sampling.temperature ?? 1, ...seed(sampling) };
  if (fields === "plain") return { ...body, ...drawn, top_p: sampling?.topP ?? 1 };
  const filters = sampling === undefined ? {} : filtersOf(sampling);
  if (fields === "telltale") {
    return { ...body, ...drawn, ...filters, return_token_ids: true, prefix_tokens: head };
  }
  const ids = { token_ids: "return_token_ids", "token_id strings": "return_tokens_as_token_ids" } as Record<
    string,
    string
  >;
  const asksIds = ids[manner.by];
  return { ...body, ...UNTOUCHED, ...drawn, ...filters, ...(asksIds === undefined ? {} : { [asksIds]: true }) };
}

/** The same in the form of llama-server's own /completion. */
export function nativeBody({ prompts, maxTokens, sampling }: GenerationBody): object {
  return {
    prompt: prompts,
    n_predict: maxTokens,
    n_probs: 1,
    return_tokens: true,
    ...UNTOUCHED,
    ...(sampling === undefined
      ? { temperature: 0 }
      : { temperature: sampling.temperature ?? 1, ...seed(sampling), ...filtersOf(sampling) }),
  };
}

function seed({ seed }: Sampling): object {
  return seed === undefined ? {} : { seed };
}

function filtersOf({ topK = 0, topP = 1, minP = 0 }: Sampling): object {
  return {
    ...(topK > 0 ? { top_k: topK } : {}),
    ...(topP < 1 ? { top_p: topP } : {}),
    ...(minP > 0 ? { min_p: minP } : {}),
  };
}

/** Largest seed that all servers take: llama-server's are 32 bits wide, some others' signed. */
const SEEDS = 2 ** 31;

/**
 * The seed of one completion, from 0 to 2^31 - 1: of the run's seed, the prefill's place and the sample, and of nothing else, so
 * that it draws the same wherever and however often it is asked for.
 */
export function seedOf(seed: number, place: number, sample: number): number {
  let state = 0x9e3779b9;
  for (const part of [seed % 2 ** 32, Math.floor(seed / 2 ** 32), place, sample]) {
    // The mixing step of MurmurHash3 (Austin Appleby, public domain).
    state = Math.imul(state ^ (part >>> 0), 0x85ebca6b);
    state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
    state ^= state >>> 16;
  }
  return (state >>> 0) % SEEDS;
}
