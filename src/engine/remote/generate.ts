import { TelltaleError } from "../../errors.js";
import type { Completion, GenerateRequest, Sampling } from "../engine.js";
import { readCompletions, readNativeCompletions } from "./answers.js";
import { EndpointFailure, malformed, unsuitable } from "./failure.js";
import { generationBody, nativeBody, seedOf } from "./fields.js";
import type { ProbedEndpoint } from "./manner.js";
import { nextLogprob } from "./next-logprob.js";
import type { Pieces } from "./pieces.js";
import { isLogprob } from "./prompt-logprobs.js";
import { nativeTokensTold, type TokensTold, tokensTold } from "./tokens-told.js";

/** What is worth knowing of an endpoint, to follow its address. */
const NO_END = "does not tell the end-of-generation token: completions that it ended are kept without one.";
const CUT = "writes some tokens so that they cannot be told apart: completions end before the first of them.";

/** One completion to ask for. */
export interface GenerationEntry {
  prefill: number;
  sample: number;
  /** Head and prefill. */
  tokens: readonly number[];
  maxTokens: number;
  /** Absent: greedy. */
  sampling?: Sampling;
}

/** What is asked for, one entry a completion. Throws BAD_ARGUMENT for what no server could do. */
export function generationEntries(request: GenerateRequest, longest: number | null): GenerationEntry[] {
  const { head, prefills, maxTokens, samples = 1, sampling, firstPrefill = 0 } = request;
  if (!Number.isInteger(maxTokens) || maxTokens < 1) throw wrong(`maxTokens is ${maxTokens}: expected 1 or more.`);
  if (samples > 1 && sampling === undefined)
    throw wrong("More than 1 sample needs `sampling`: greedy ones are the same.");
  return prefills.flatMap((prefill, place) => {
    const tokens = [...head, ...prefill];
    if (tokens.length === 0) throw wrong(`Prefill ${place} is empty, and so is the head.`);
    if (longest !== null && tokens.length + maxTokens > longest) {
      const asked = `Prefill ${place} with its head has ${tokens.length} tokens, and up to ${maxTokens} more were asked for`;
      throw wrong(`${asked}: the servers take ${longest} together.`);
    }
    return Array.from({ length: samples }, (_, sample) => ({
      prefill: place,
      sample,
      tokens,
      maxTokens,
      ...(sampling && { sampling: { ...sampling, seed: seedOf(sampling.seed ?? 0, firstPrefill + place, sample) } }),
    }));
  });
}

function wrong(sentence: string): TelltaleError {
  return new TelltaleError("BAD_ARGUMENT", sentence, { phase: "generate" });
}

/** Asks one endpoint for the completions of a group, in their order. Drawn ones are groups of one, for each has its own seed. */
export async function askCompletions(
  endpoint: ProbedEndpoint,
  entries: readonly GenerationEntry[],
  head: number,
  pieces: Pieces,
  onNote: (sentence: string) => void,
  signal: AbortSignal,
): Promise<Completion[]> {
  const completions: Completion[] = [];
  for (const part of endpoint.manner.several ? [entries] : entries.map((entry) => [entry])) {
    const told = await askTokens(endpoint, part, head, pieces, signal);
    for (const [i, entry] of part.entries()) {
      completions.push(await completed(endpoint, entry, told[i] as TokensTold, pieces, onNote, signal));
    }
  }
  return completions;
}

/** What the endpoint tells of each completion. Throws EndpointFailure. */
export async function askTokens(
  { url, root, post, manner }: ProbedEndpoint,
  entries: readonly GenerationEntry[],
  head: number,
  pieces: Pieces,
  signal: AbortSignal,
): Promise<TokensTold[]> {
  const { generation, model, fields } = manner;
  const [first] = entries;
  const { topK = 0, minP = 0 } = first?.sampling ?? {};
  if (fields === "plain" && topK + minP > 0) throw unsuitable(url, "takes neither top_k nor min_p: draw without them.");
  if (generation === null || first === undefined) throw unsuitable(url, "was opened for scoring only.");
  const prompts = entries.map((entry) => entry.tokens);
  const { maxTokens, sampling } = first;
  const asked = { model, prompts, manner: generation, fields, maxTokens, head, sampling };
  const tokens = entries.length * (maxTokens + 1);
  if (generation.native) {
    const { json } = await post(`${root}/completion`, nativeBody(asked), tokens, signal);
    return readNativeCompletions(json, prompts.length).map((each) => nativeTokensTold(each, pieces));
  }
  const { json } = await post(`${url}/completions`, generationBody(asked), tokens, signal);
  const { choices, usage } = readCompletions(json, prompts.length);
  const told = choices.map((choice) => tokensTold(choice, generation, pieces));
  // llama-server's OpenAI form leaves out tokens inside a character; where one prompt was sent, the usage tells of them.
  if (generation.by === "content ids" && told.length === 1 && usage?.completion_tokens !== told[0]?.ids.length) {
    const what = "leaves out tokens of a completion, and its own /completion does not answer";
    throw new EndpointFailure("wrong", what, null, 200);
  }
  return told;
}

/** A completion with all its tokens and log-probabilities, what was not told asked for. Throws EndpointFailure. */
async function completed(
  endpoint: ProbedEndpoint,
  entry: GenerationEntry,
  told: TokensTold,
  pieces: Pieces,
  onNote: (sentence: string) => void,
  signal: AbortSignal,
): Promise<Completion> {
  const { ids, ended } = told;
  const problem = impossible(told, entry.maxTokens, pieces.size);
  if (problem !== null) throw malformed(problem);
  const logprobs = [...told.logprobs];
  const wanted = (token: number, before: number): Promise<number | null> =>
    nextLogprob(endpoint, [...entry.tokens, ...ids.slice(0, before)], token, pieces, signal);
  for (const [i, logprob] of logprobs.entries()) {
    logprobs[i] = logprob ?? (await wanted(ids[i] as number, i));
  }
  const tokens = [...ids];
  const last = tokens.at(-1);
  const hasEnd = ended && last !== undefined && (last === told.endedBy || pieces.isEnd(last));
  if (ended && !hasEnd && ids.length < entry.maxTokens) {
    const candidates = told.endedBy === null ? pieces.ends : [told.endedBy];
    const end = await likeliestEnd(candidates, (id) => wanted(id, ids.length));
    if (end === undefined) onNote(`${endpoint.url} ${NO_END}`);
    else {
      tokens.push(end.id);
      logprobs.push(end.logprob);
    }
  }
  const unknown = logprobs.indexOf(null);
  if (unknown !== -1) throw malformed(`it tells no log-probability of token ${unknown} of a completion`);
  if (told.cut) onNote(`${endpoint.url} ${CUT}`);
  if (tokens.length === 0) throw malformed("a completion holds no token that can be told");
  const stop = ended && tokens.length > (hasEnd ? 0 : ids.length) ? "eog" : "maxTokens";
  return {
    prefill: entry.prefill,
    sample: entry.sample,
    tokens: Int32Array.from(tokens),
    logprobs: Float32Array.from(logprobs as number[]),
    stop,
  };
}

/** Why no model of this vocabulary can have generated that; null where it can. */
function impossible({ ids, logprobs, endedBy }: TokensTold, maxTokens: number, size: number): string | null {
  const outside = [...ids, endedBy ?? 0].find((id) => id >= size || id < 0);
  if (outside !== undefined) return `token ${outside} is none of the ${size} of the vocabulary`;
  if (ids.length > maxTokens) return `it holds ${ids.length} tokens where ${maxTokens} were asked for`;
  const bad = logprobs.find((value) => value !== null && !isLogprob(value));
  return bad === undefined ? null : `it holds ${bad} for the log-probability of a token`;
}

/** Of the tokens that may have ended a completion, the one that is likeliest there; undefined where that cannot be asked. */
async function likeliestEnd(
  candidates: readonly number[],
  ask: (id: number) => Promise<number | null>,
): Promise<{ id: number; logprob: number } | undefined> {
  let best: { id: number; logprob: number } | undefined;
  for (const id of candidates) {
    const logprob = await ask(id);
    if (logprob !== null && (best === undefined || logprob > best.logprob)) best = { id, logprob };
  }
  return best;
}
