import type { CompletionRequest } from "./completion-request.js";
import { type Fields, tokenIds } from "./fields.js";
import type { ResolvedLimits } from "./options.js";
import { badField } from "./refusal.js";
import type { ServedModel } from "./served-model.js";

/** As much text as is usual. */
const BYTES_A_TOKEN = 4;

export interface Prompt {
  /** Int32Array [n], n from 1. */
  tokens: Int32Array;
  /** As it was sent; null where tokens were. */
  text: string | null;
}

/** The prompts of a request as tokens. Throws a Refusal for what is no prompt, or too many or too long ones. */
export async function readPrompts(
  fields: Fields,
  request: CompletionRequest,
  model: ServedModel,
  limits: ResolvedLimits,
): Promise<Prompt[]> {
  const given = listOf(fields.prompt);
  if (given.length > limits.prompts) {
    throw badField("prompt", `prompt holds ${given.length} prompts, but one request takes ${limits.prompts} at most.`);
  }
  const room = model.facts.context.nCtxSequence - request.maxTokens;
  const { addSpecial, parseSpecial } = request;
  const size = model.facts.model.vocabularySize;
  let prompts: Prompt[];
  if (given.every((prompt) => typeof prompt === "string")) {
    refuseHuge(given, room, model);
    refuseMuchText(given, "prompt", limits);
    const tokens = await model.tokenize(given, { addSpecial, parseSpecial });
    prompts = given.map((text, i) => ({ text, tokens: tokens[i] as Int32Array }));
  } else {
    prompts = given.map((prompt) => {
      if (!Array.isArray(prompt)) throw wrongForm();
      return { text: null, tokens: tokenIds(prompt, "prompt", size) };
    });
  }
  refuseLong(prompts, room, request, model);
  const sum = prompts.reduce(
    (tokens, prompt) => tokens + prompt.tokens.length + request.maxTokens * request.samples,
    0,
  );
  if (sum > limits.requestTokens) {
    const sentence = `prompt and completions hold up to ${sum} tokens, but one request takes ${limits.requestTokens} at most: send it in parts.`;
    throw badField("prompt", sentence);
  }
  refuseUnlikePrefixes(prompts, request.prefixTokens);
  return prompts;
}

/** A text, texts, token ids, or lists of them. */
function listOf(prompt: unknown): unknown[] {
  if (typeof prompt === "string") return [prompt];
  if (!Array.isArray(prompt) || prompt.length === 0) throw wrongForm();
  return typeof prompt[0] === "number" ? [prompt] : prompt;
}

function wrongForm(): Error {
  return badField("prompt", "prompt must be a text, a list of texts, a list of token ids, or a list of such lists.");
}

/** Throws a Refusal for more text than the tokens of a request: the engine's process would be cutting it up for a long time. */
export function refuseMuchText(texts: readonly string[], param: string, { requestTokens }: ResolvedLimits): void {
  const most = BYTES_A_TOKEN * requestTokens;
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  if (bytes <= most) return;
  throw badField(
    param,
    `${param} holds ${bytes} bytes of text, but one request takes ${most} at most: send it in parts.`,
  );
}

/** No token is longer than the vocabulary's longest, so what has more bytes need not be cut into tokens first. */
function refuseHuge(texts: readonly string[], room: number, { strings, facts }: ServedModel): void {
  for (const [i, text] of texts.entries()) {
    if (Buffer.byteLength(text) <= Math.max(0, room) * strings.longest) continue;
    const sentence = `This model's maximum context length is ${facts.context.nCtxSequence} tokens, but prompt ${i} is longer.`;
    throw badField("prompt", sentence, "context_length_exceeded");
  }
}

function refuseLong(
  prompts: readonly Prompt[],
  room: number,
  { maxTokens }: CompletionRequest,
  model: ServedModel,
): void {
  for (const [i, { tokens }] of prompts.entries()) {
    if (tokens.length === 0) throw badField("prompt", `prompt ${i} holds no token.`);
    if (tokens.length <= room) continue;
    const most = model.facts.context.nCtxSequence;
    const sentence = `This model's maximum context length is ${most} tokens, but prompt ${i} has ${tokens.length} and max_tokens is ${maxTokens}.`;
    throw badField("prompt", sentence, "context_length_exceeded");
  }
}

function refuseUnlikePrefixes(prompts: readonly Prompt[], prefix: number | null): void {
  const first = prompts[0]?.tokens;
  if (prefix === null || prefix === 0 || first === undefined) return;
  for (const [i, { tokens }] of prompts.entries()) {
    if (tokens.length < prefix) {
      throw badField("prefix_tokens", `prefix_tokens is ${prefix}, but prompt ${i} has ${tokens.length} tokens only.`);
    }
    for (let at = 0; at < prefix; at += 1) {
      if (tokens[at] === first[at]) continue;
      throw badField("prefix_tokens", `The first ${prefix} tokens of prompt ${i} are not those of prompt 0.`);
    }
  }
}
