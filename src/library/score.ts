import type { Engine, Vocabulary } from "../engine/engine.js";
import { cancelled } from "../engine/job.js";
import { TelltaleError } from "../errors.js";
import type { Hooks } from "./hooks.js";
import { type ScoreInput, type TokenizedInput, takeInputs, tokenizeInputs } from "./score-inputs.js";
import { chunkWindows, overlappingWindows, type ScoreWindow } from "./score-windows.js";

/** How likely a model finds one text. */
export interface TextScore {
  /** Which of the texts, counted from 0. */
  index: number;
  /** Int32Array [n]: the text's tokens; of an input with a context those of `targets`. */
  tokens: Int32Array;
  /** Float32Array [n], nats: log p(token | all before it in its window); NaN for a token that has nothing before it. */
  logprobs: Float32Array;
  /** Tokens with a log-probability. */
  scoredTokens: number;
  /** Their bytes. */
  scoredBytes: number;
  /** Nats: the sum of -log p over them. */
  nll: number;
  /** exp(nll / scoredTokens); NaN where no token could be scored. */
  perplexity: number;
  /** nll / (ln 2 * scoredBytes); NaN likewise. */
  bitsPerByte: number;
}

/** What happens while texts are scored. */
export interface ScoreEvent {
  /** Several times a second. */
  type: "progress";
  /** Texts handed out so far. */
  textsDone: number;
  /** Tokens scored so far. */
  tokensDone: number;
}

/** How texts are scored. */
export interface ScoreTextsOptions extends Hooks<ScoreEvent> {
  /** Tokens in one window, 4 and up. Default: as many as a sequence of the engine holds; 512 for a model behind endpoints. */
  contextSize?: number | undefined;
  /**
   * "overlapping": windows that move by half a window, so that every token is scored once, with at least half a window before it.
   * "chunks": llama-perplexity's windows, side by side, only the second half of each scored, a rest left out; texts without a
   * context only. Default "overlapping".
   */
  windows?: "overlapping" | "chunks" | undefined;
}

const LEAST_CONTEXT = 4;
const REMOTE_CONTEXT = 512;

/**
 * The log-probability of every token of every text, in the order of the texts, each as soon as it and those before it are scored.
 *
 * `inputs`: one input, or any iterable of them; up to 512 of them are taken at a time and computed together. A vocabulary
 * that begins with BOS has it before each window; without one the first token has no log-probability. One job at a time runs on an
 * engine; leave the loop to cancel.
 *
 * Throws BAD_ARGUMENT; ENGINE_UNAVAILABLE for an engine that is closed or busy; ENGINE_FAILED, ENGINE_DIED; NON_FINITE;
 * ENDPOINT_FAILED, and ENDPOINT_UNSUITABLE where a model's vocabulary is not known; CANCELLED.
 */
export async function* score(
  engine: Engine,
  inputs: ScoreInput | Iterable<ScoreInput> | AsyncIterable<ScoreInput>,
  options: ScoreTextsOptions = {},
): AsyncGenerator<TextScore, void, void> {
  if (options.signal?.aborted) throw cancelled();
  const size = contextSizeOf(engine, options.contextSize);
  const vocabulary = await engine.vocabulary();
  const progress = { index: 0, tokens: 0 };
  for await (const group of takeInputs(inputs)) {
    if (options.signal?.aborted) throw cancelled();
    const texts = await tokenizeInputs(engine, group, progress.index, options.windows === "chunks");
    yield* scoreGroup(engine, texts, size, vocabulary, options, progress);
  }
}

async function* scoreGroup(
  engine: Engine,
  texts: readonly TokenizedInput[],
  size: number,
  vocabulary: Vocabulary,
  { windows: kind, signal, onEvent }: ScoreTextsOptions,
  progress: { index: number; tokens: number },
): AsyncGenerator<TextScore, void, void> {
  const bos = beginning(engine);
  const cut = ({ tokens, given }: TokenizedInput): ScoreWindow[] =>
    kind === "chunks" ? chunkWindows(tokens, size, bos) : overlappingWindows(tokens, size, bos, given);
  const windows = texts.flatMap((text, place) => cut(text).map((window) => ({ ...window, place })));
  const waiting = texts.map(() => 0);
  for (const { place } of windows) waiting[place] = (waiting[place] as number) + 1;
  const logprobs = texts.map(({ tokens }) => new Float32Array(tokens.length).fill(Number.NaN));
  let next = 0;
  function* finished(): Generator<TextScore, void, void> {
    for (; next < texts.length && waiting[next] === 0; next++) {
      const { tokens, given } = texts[next] as TokenizedInput;
      const values = (logprobs[next] as Float32Array).subarray(given);
      yield summed(progress.index++, tokens.subarray(given), values, vocabulary);
    }
  }
  yield* finished();
  if (windows.length === 0) return;
  const before = progress.tokens;
  const items = windows.map(({ context, targets }) => ({ context, targets }));
  const job = {
    ...(signal && { signal }),
    ...(onEvent && {
      onProgress: ({ tokensDone }: { tokensDone: number }) =>
        onEvent({ type: "progress", textsDone: progress.index, tokensDone: before + tokensDone }),
    }),
  };
  for await (const batch of engine.score({ head: new Int32Array(0), items }, job)) {
    for (const { item, logprobs: values } of batch) {
      const { place, first } = windows[item] as (typeof windows)[number];
      logprobs[place]?.set(values, first);
      waiting[place] = (waiting[place] as number) - 1;
      progress.tokens += values.length;
    }
    yield* finished();
  }
}

function summed(index: number, tokens: Int32Array, logprobs: Float32Array, { offsets }: Vocabulary): TextScore {
  let [scoredTokens, scoredBytes, nll] = [0, 0, 0];
  for (const [i, logprob] of logprobs.entries()) {
    if (Number.isNaN(logprob)) continue;
    const id = tokens[i] as number;
    scoredTokens += 1;
    scoredBytes += (offsets[id + 1] as number) - (offsets[id] as number);
    nll -= logprob;
  }
  const perplexity = Math.exp(nll / scoredTokens);
  const bitsPerByte = nll / (Math.LN2 * scoredBytes);
  return { index, tokens, logprobs, scoredTokens, scoredBytes, nll, perplexity, bitsPerByte };
}

/** The token that every window begins with. */
function beginning({ facts }: Engine): number | undefined {
  const tokenizer = facts.kind === "local" ? facts.model : facts.tokenizer;
  return tokenizer?.addBos && tokenizer.bos >= 0 ? tokenizer.bos : undefined;
}

function contextSizeOf({ facts }: Engine, asked: number | undefined): number {
  const trained = facts.model.trainedContext ?? Number.POSITIVE_INFINITY;
  const room = facts.kind === "local" ? facts.context.nCtxSequence : Number.POSITIVE_INFINITY;
  if (asked === undefined) return Math.min(facts.kind === "local" ? room : REMOTE_CONTEXT, trained);
  if (!Number.isInteger(asked) || asked < LEAST_CONTEXT)
    throw wrong(`it must be a whole number from ${LEAST_CONTEXT} on, not ${asked}`);
  if (asked > trained) throw wrong(`it is ${asked}, but the model takes ${trained} tokens at most`);
  if (asked > room)
    throw wrong(
      `it is ${asked}, but the engine holds ${room} tokens a sequence: open it with a larger contextSequence`,
    );
  return asked;
}

function wrong(why: string): TelltaleError {
  return new TelltaleError("BAD_ARGUMENT", `The option "contextSize" is wrong: ${why}.`);
}
