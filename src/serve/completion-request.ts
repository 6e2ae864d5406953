import type { Sampling } from "../engine/engine.js";
import { type Fields, flagField, integerField, numberField, textField } from "./fields.js";
import { badField } from "./refusal.js";

/** What a client asks of /v1/completions, but for its prompts. */
export interface CompletionRequest {
  maxTokens: number;
  samples: number;
  /** Null: greedy. */
  sampling: Sampling | null;
  stop: string[];
  echo: boolean;
  /** How many of the likeliest tokens are told; null: no log-probabilities. */
  logprobs: 0 | 1 | null;
  promptLogprobs: 0 | 1 | null;
  returnTokenIds: boolean;
  /** Tokens of every prompt that are one shared prefix; null: not said. */
  prefixTokens: number | null;
  addSpecial: boolean;
  parseSpecial: boolean;
}

/** OpenAI's. */
const MAX_TOKENS = 16;
const MOST_SAMPLES = 1024;
const MOST_STOPS = 64;
const LONGEST_STOP = 1000;

/** Fields that are read here or elsewhere. */
const KNOWN = new Set([
  ...["model", "prompt", "max_tokens", "temperature", "top_p", "top_k", "min_p", "seed", "n", "stop", "echo"],
  ...["logprobs", "prompt_logprobs", "add_special_tokens", "parse_special", "return_token_ids", "prefix_tokens"],
]);
/** Fields that change nothing here, whatever they say. */
const IGNORED = new Set([
  ...["user", "metadata", "store", "service_tier", "request_id", "priority", "safety_identifier"],
  "spaces_between_special_tokens",
]);
/** Fields of OpenAI's and of vLLM's form that ask for what there is not, and what they may say because it asks for nothing. */
const NEUTRAL: Readonly<Record<string, readonly unknown[]>> = {
  stream: [false],
  stream_options: [],
  suffix: [""],
  best_of: [1],
  presence_penalty: [0],
  frequency_penalty: [0],
  repetition_penalty: [1],
  length_penalty: [1],
  use_beam_search: [false],
  early_stopping: [false],
  ignore_eos: [false],
  min_tokens: [0],
  stop_token_ids: [],
  bad_words: [],
  skip_special_tokens: [false],
  include_stop_str_in_output: [false],
  allowed_token_ids: [],
  truncate_prompt_tokens: [-1],
  logit_bias: [],
  logits_processors: [],
  response_format: [],
  guided_json: [],
  guided_regex: [],
  guided_choice: [],
  guided_grammar: [],
};

/** Reads the fields of a completion. Throws a Refusal that names the first one that cannot be followed. */
export function readCompletionRequest(fields: Fields): CompletionRequest {
  refuseUnsupported(fields);
  const temperature = numberField(fields, "temperature", 0, 1000, 1);
  if (temperature > 0 && temperature < 0.001) {
    throw badField("temperature", "temperature must be 0 or a number from 0.001 to 1000.");
  }
  const sampling = readSampling(fields, temperature);
  const samples = integerField(fields, "n", 1, MOST_SAMPLES, 1);
  if (samples > 1 && sampling === null) {
    throw badField("n", "n must be 1 at temperature 0: all completions of a prompt would be the same.");
  }
  return {
    maxTokens: integerField(fields, "max_tokens", 0, 1 << 24, MAX_TOKENS),
    samples,
    sampling,
    stop: readStop(fields.stop ?? []),
    echo: flagField(fields, "echo", false),
    logprobs: readLogprobs(fields, "logprobs"),
    promptLogprobs: readLogprobs(fields, "prompt_logprobs"),
    returnTokenIds: flagField(fields, "return_token_ids", false),
    prefixTokens: (fields.prefix_tokens ?? null) === null ? null : integerField(fields, "prefix_tokens", 0, 1 << 24, 0),
    addSpecial: flagField(fields, "add_special_tokens", true),
    parseSpecial: flagField(fields, "parse_special", true),
  };
}

function refuseUnsupported(fields: Fields): void {
  for (const [name, value] of Object.entries(fields)) {
    if (KNOWN.has(name) || IGNORED.has(name) || value === null) continue;
    const neutral = Object.hasOwn(NEUTRAL, name) ? NEUTRAL[name] : undefined;
    const shown = JSON.stringify(name.slice(0, 100));
    if (neutral === undefined)
      throw badField(name.slice(0, 100), `The field ${shown} is unknown here.`, "unknown_field");
    if (!neutral.includes(value) && !isEmpty(value)) {
      throw badField(name, `The field ${shown} is not supported: leave it out.`, "unsupported_field");
    }
  }
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

/** The filters have no say in greedy decoding, but are read, so that what is wrong is said. */
function readSampling(fields: Fields, temperature: number): Sampling | null {
  const topP = numberField(fields, "top_p", 1e-6, 1, 1);
  const topK = integerField(fields, "top_k", -1, 0x7fffffff, 0);
  const minP = numberField(fields, "min_p", 0, 1, 0);
  const seed = integerField(fields, "seed", 0, Number.MAX_SAFE_INTEGER, 0);
  if (temperature === 0) return null;
  const settings = { temperature, topK: Math.max(0, topK), topP, minP };
  return (fields.seed ?? null) === null ? settings : { ...settings, seed };
}

function readStop(value: unknown): string[] {
  const stops: unknown[] = Array.isArray(value) ? value : [value];
  const fits = (stop: unknown): stop is string =>
    typeof stop === "string" && stop.length > 0 && stop.length <= LONGEST_STOP;
  if (stops.length <= MOST_STOPS && stops.every(fits)) return stops;
  throw badField(
    "stop",
    `stop must be a text or up to ${MOST_STOPS} of them, of 1 to ${LONGEST_STOP} characters each.`,
  );
}

function readLogprobs(fields: Fields, name: string): 0 | 1 | null {
  const value = fields[name] ?? null;
  if (value === null || value === 0 || value === 1) return value;
  throw badField(name, `${name} must be 0 or 1: no more than the likeliest token is told.`);
}

/** The model a request names, or undefined. */
export function readModelName(fields: Fields): string | undefined {
  return textField(fields, "model");
}
