import type { CompletionRequest } from "./completion-request.js";
import type { Prompt } from "./prompts.js";
import { countCharacters, type TokenStrings } from "./token-strings.js";
import type { Generated, Scored } from "./work.js";

/** One completion of one prompt with all that is known about it. */
export interface ChoiceParts {
  prompt: Prompt;
  /** Of the prompt's tokens from `promptFrom` on; null: not asked for. */
  promptScores: Scored | null;
  promptFrom: number;
  /** The new tokens, and of each the likeliest one in its place where that is another one. */
  completion: Finished;
  completionTop: Scored["top"];
}

export interface Finished extends Pick<Generated, "tokens" | "logprobs"> {
  /** Their text, without what ended it. */
  text: string | null;
  reason: "stop" | "length";
}

/** A choice as JSON. Figures are the engine's float32 as they are, so that a reader has the same bits. */
export function choiceJson(
  index: number,
  parts: ChoiceParts,
  request: CompletionRequest,
  strings: TokenStrings,
): string {
  const { prompt, completion } = parts;
  const { echo, returnTokenIds } = request;
  const fields = [
    `"index":${index}`,
    `"text":"${textBody(parts, echo, strings)}"`,
    `"logprobs":${request.logprobs === null ? "null" : logprobsJson(parts, request, strings)}`,
    `"finish_reason":"${completion.reason}"`,
  ];
  if (request.promptLogprobs !== null) fields.push(`"prompt_logprobs":${promptLogprobsJson(parts, request, strings)}`);
  if (returnTokenIds) {
    fields.push(`"prompt_token_ids":[${prompt.tokens.join(",")}]`, `"token_ids":[${completion.tokens.join(",")}]`);
  }
  return `{${fields.join(",")}}`;
}

function textBody({ prompt, completion }: ChoiceParts, echo: boolean, strings: TokenStrings): string {
  const own = completion.text === null ? strings.body(completion.tokens) : inner(completion.text);
  if (!echo) return own;
  // A client that cuts off what it sent must find it as it sent it.
  return (prompt.text === null ? strings.body(prompt.tokens) : inner(prompt.text)) + own;
}

function inner(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function logprobsJson(parts: ChoiceParts, { echo, logprobs }: CompletionRequest, strings: TokenStrings): string {
  const { prompt, promptScores, promptFrom, completion, completionTop } = parts;
  const given = echo ? prompt.tokens.length : 0;
  const count = given + completion.tokens.length;
  const tokens = new Array<string>(count);
  const figures = new Array<string>(count);
  const tops = logprobs === 1 ? new Array<string>(count) : null;
  for (let i = 0; i < count; i += 1) {
    const own = i - given;
    const token = (own < 0 ? prompt.tokens[i] : completion.tokens[own]) as number;
    const label = strings.label(token);
    tokens[i] = label;
    const at = i - promptFrom;
    if (own < 0 && (promptScores === null || at < 0)) {
      figures[i] = "null";
      if (tops !== null) tops[i] = "null";
      continue;
    }
    const figure = String(own < 0 ? promptScores?.logprobs[at] : completion.logprobs[own]);
    figures[i] = figure;
    if (tops === null) continue;
    const top = own < 0 ? promptScores?.top : completionTop;
    const place = own < 0 ? at : own;
    tops[i] = topJson(token, label, figure, top?.tokens[place], top?.logprobs[place], strings);
  }
  return (
    `{"tokens":[${tokens.join(",")}],"token_logprobs":[${figures.join(",")}],` +
    `"top_logprobs":${tops === null ? "null" : `[${tops.join(",")}]`},"text_offset":[${offsets(parts, echo, strings)}]}`
  );
}

/** The likeliest token, and the one that is there; where both read alike, the likelier figure. */
function topJson(
  token: number,
  label: string,
  figure: string,
  top: number | undefined,
  topLogprob: number | undefined,
  strings: TokenStrings,
): string {
  if (top === undefined || top === token) return `{${label}:${figure}}`;
  const topLabel = strings.label(top);
  if (topLabel === label) return `{${label}:${topLogprob}}`;
  return `{${topLabel}:${topLogprob},${label}:${figure}}`;
}

/** Where each token begins in the choice's text, in characters. What a tokenizer put before a text of its own accord is at 0. */
function offsets({ prompt, completion }: ChoiceParts, echo: boolean, strings: TokenStrings): string {
  if (!echo) return strings.offsets(completion.tokens).slice(0, -1).join(",");
  const ofPrompt = strings.offsets(prompt.tokens);
  const counted = ofPrompt[prompt.tokens.length] as number;
  const shown = prompt.text === null ? counted : countCharacters(prompt.text);
  const shifted = ofPrompt.slice(0, -1).map((offset) => Math.max(0, offset - (counted - shown)));
  for (const offset of strings.offsets(completion.tokens).slice(0, -1)) shifted.push(shown + offset);
  return shifted.join(",");
}

/** vLLM's form: by token id, always with the prompt's own token. */
function promptLogprobsJson(
  { prompt, promptScores, promptFrom }: ChoiceParts,
  { promptLogprobs }: CompletionRequest,
  strings: TokenStrings,
): string {
  const entries = Array.from(prompt.tokens, (token, i) => {
    const at = i - promptFrom;
    if (promptScores === null || at < 0) return "null";
    const top = promptLogprobs === 1 ? promptScores.top?.tokens[at] : undefined;
    const rank = top === token ? "1" : "null";
    const own = entry(token, promptScores.logprobs[at], rank, strings);
    if (top === undefined || top === token) return `{${own}}`;
    return `{${own},${entry(top, promptScores.top?.logprobs[at], "1", strings)}}`;
  });
  return `[${entries.join(",")}]`;
}

function entry(token: number, logprob: number | undefined, rank: string, strings: TokenStrings): string {
  return `"${token}":{"logprob":${logprob},"rank":${rank},"decoded_token":${strings.label(token)}}`;
}
