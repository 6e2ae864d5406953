import { randomUUID } from "node:crypto";
import { type ChoiceParts, choiceJson, type Finished } from "./choice.js";
import { type CompletionRequest, readCompletionRequest } from "./completion-request.js";
import type { Fields } from "./fields.js";
import type { ResolvedLimits } from "./options.js";
import { type Prompt, readPrompts } from "./prompts.js";
import { Refusal } from "./refusal.js";
import type { ServedModel } from "./served-model.js";
import { finish } from "./stop-strings.js";
import type { Generated, GenerateWork, Scored, ScoreWork, Ticket, Work } from "./work.js";

export interface CompletionAnswer {
  body: Buffer[];
  /** Tokens of prompts and completions. */
  tokens: number;
}

/** Answers /v1/completions: queues what there is to compute, waits for it and writes it down. */
export async function complete(
  fields: Fields,
  model: ServedModel,
  limits: ResolvedLimits,
  ticket: Ticket,
): Promise<CompletionAnswer> {
  const request = readCompletionRequest(fields);
  const prompts = await readPrompts(fields, request, model, limits);
  const works: Work[] = [];
  const pending = prompts.map((prompt, place) => choicesOf(prompt, place, request, model, ticket, works));
  refuseFull(model, works.length, limits);
  // Every promise is awaited below; one that fails before another one is awaited is no unhandled failure.
  const all = Promise.all(pending);
  model.batcher.add(works);
  const choices = (await all).flat();
  return answer(choices, prompts, request, model);
}

function refuseFull(model: ServedModel, works: number, { queue }: ResolvedLimits): void {
  const waiting = model.batcher.waiting();
  if (waiting === 0 || waiting + works <= queue) return;
  const sentence = `${waiting} prompts wait for this model already, and ${queue} may: try again later.`;
  throw new Refusal(429, sentence, { code: "queue_full", retryAfter: 1 });
}

async function choicesOf(
  prompt: Prompt,
  place: number,
  request: CompletionRequest,
  model: ServedModel,
  ticket: Ticket,
  works: Work[],
): Promise<ChoiceParts[]> {
  const { maxTokens, samples, sampling, echo, logprobs, promptLogprobs, stop } = request;
  const prefix = request.prefixTokens;
  const promptFrom = (prefix ?? 0) + 1;
  const scores = (echo && logprobs !== null) || promptLogprobs !== null;
  const scorable = scores && prompt.tokens.length > promptFrom;
  // What comes after the last token is known from scoring the prompt: nothing needs to be decoded twice.
  const scoresNext = scorable && maxTokens === 1 && sampling === null;
  const top = scoresNext || (echo && logprobs === 1) || promptLogprobs === 1;
  const common = { ticket, tokens: prompt.tokens, prefix, turn: 0, alone: false };
  const scored = scorable
    ? queued<ScoreWork, Scored>(works, { ...common, kind: "score", given: promptFrom, top })
    : Promise.resolve(null);
  const generated =
    scoresNext || maxTokens === 0
      ? null
      : queued<GenerateWork, Generated[]>(works, { ...common, kind: "generate", maxTokens, samples, sampling, place });
  const [promptScores, completions] = await Promise.all([
    scored,
    generated ?? nextOf(scored, scoresNext, samples, model),
  ]);
  const { strings } = model;
  return Promise.all(
    completions.map(async (each) => {
      const completion = finish(each, stop, strings);
      const drawn = logprobs === 1 && sampling !== null && maxTokens > 0;
      const again = drawn ? await scoredAgain(common, completion, model) : null;
      return {
        prompt,
        promptScores,
        promptFrom,
        completion: again === null ? completion : { ...completion, logprobs: again.logprobs },
        completionTop: again?.top ?? null,
      };
    }),
  );
}

function queued<W extends Work, Result>(works: Work[], work: Omit<W, "resolve" | "reject">): Promise<Result> {
  const result = new Promise<Result>((resolve, reject) => {
    works.push({ ...work, resolve, reject } as unknown as Work);
  });
  // Its failure is the request's, which waits for several of them at once.
  result.catch(() => {});
  return result;
}

/** The one greedy token after a prompt that was scored; completions without a token where none was asked for. */
async function nextOf(
  scored: Promise<Scored | null>,
  wanted: boolean,
  samples: number,
  model: ServedModel,
): Promise<Generated[]> {
  const none = { tokens: new Int32Array(0), logprobs: new Float32Array(0), stop: "maxTokens" as const };
  const top = wanted ? (await scored)?.top : undefined;
  if (top === undefined || top === null) return new Array<Generated>(samples).fill(none);
  const tokens = top.tokens.slice(-1);
  const { eos, eot } = model.facts.model;
  const ends = tokens[0] === eos || tokens[0] === eot;
  return [{ tokens, logprobs: top.logprobs.slice(-1), stop: ends ? "eog" : "maxTokens" }];
}

/** Which token was likeliest is not known of tokens that were drawn: they are scored for it, and their figures are those, too. */
async function scoredAgain(
  common: Pick<ScoreWork, "ticket" | "tokens" | "prefix" | "turn" | "alone">,
  { tokens }: Finished,
  { batcher }: ServedModel,
): Promise<Scored> {
  const all = new Int32Array(common.tokens.length + tokens.length);
  all.set(common.tokens);
  all.set(tokens, common.tokens.length);
  const prefix = common.prefix === null ? null : Math.min(common.prefix, common.tokens.length - 1);
  const works: Work[] = [];
  const given = common.tokens.length;
  const scored = queued<ScoreWork, Scored>(works, { ...common, kind: "score", tokens: all, prefix, given, top: true });
  batcher.add(works);
  return scored;
}

function answer(
  choices: readonly ChoiceParts[],
  prompts: readonly Prompt[],
  request: CompletionRequest,
  model: ServedModel,
): CompletionAnswer {
  const promptTokens = prompts.reduce((sum, { tokens }) => sum + tokens.length, 0);
  const completionTokens = choices.reduce((sum, { completion }) => sum + completion.tokens.length, 0);
  const created = Math.floor(Date.now() / 1000);
  const tokens = promptTokens + completionTokens;
  const start = `{"id":"cmpl-${randomUUID()}","object":"text_completion","created":${created},"model":${JSON.stringify(model.id)},"choices":[`;
  const end = `],"usage":{"prompt_tokens":${promptTokens},"completion_tokens":${completionTokens},"total_tokens":${tokens}}}`;
  // A buffer a choice: all of them in one string could be longer than a string can be.
  const body = choices.map((parts, i) =>
    Buffer.from(`${i === 0 ? start : ","}${choiceJson(i, parts, request, model.strings)}`),
  );
  body.push(Buffer.from(end));
  return { body, tokens };
}
