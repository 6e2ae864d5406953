import { setMaxListeners } from "node:events";
import { TelltaleError } from "../../errors.js";
import { quoted } from "../../safe-text.js";
import type { ByteScore, ByteScoreRequest, ByteScorer } from "../bytes/types.js";
import type { Completion, EndpointFacts, Engine, JobOptions, RemoteFacts, Score } from "../engine.js";
import { cancelled } from "../job.js";
import { resolveOptions } from "../options.js";
import { unsuitable } from "./failure.js";
import { askCompletions, generationEntries } from "./generate.js";
import { piecesOf, streamGroups } from "./groups.js";
import type { ProbedEndpoint } from "./manner.js";
import { type OpenedEndpoints, openEndpoints } from "./open.js";
import { RemoteOptions, type ResolvedRemoteOptions } from "./options.js";
import { openPool, type Pool } from "./pool.js";
import { askScores, scoreEntries } from "./score.js";
import { askByteScores, type TextEntry, textEntry } from "./score-bytes.js";
import type { RemoteSpec } from "./spec.js";
import { noTokenizer } from "./tokenizer.js";

export interface RemoteEngine extends Engine<RemoteFacts>, ByteScorer {}

export interface RemoteHooks {
  /** Gives up opening. Rejects with CANCELLED. */
  signal?: AbortSignal;
  /** Called with sentences for people: what is worth knowing and stops nothing. The same one is said once. */
  onNote?: (sentence: string) => void;
}

/**
 * Opens a model that one server or several run. What each of them does is tried first, on a text whose answers are checked.
 *
 * Jobs are cut into requests of `itemsRequest` texts, which go to whichever endpoint has a free place. `score` sends token ids and
 * takes the targets' log-probabilities. `generate` asks for greedy completions several at a time, and for drawn ones one by one:
 * each has a seed made of the request's seed, the prefill's place and the sample, so that repeating it elsewhere draws the same
 * where servers do; filters and temperature apply in the order of the server. Where a server ends a completion without telling its
 * end-of-generation token, its log-probability is asked for (of end of text and end of turn the likelier one, unless the server
 * says which it was); where it cannot be asked, the completion is kept without that token and counts as stopped by "maxTokens".
 *
 * Throws ENDPOINT_FAILED where an endpoint does not answer, ENDPOINT_UNSUITABLE where its answers would be wrong without a word.
 */
export async function openRemoteEngine(
  spec: RemoteSpec,
  options: RemoteOptions,
  { signal, onNote }: RemoteHooks = {},
): Promise<RemoteEngine> {
  const given = resolveOptions(RemoteOptions, options, "options of a remote model");
  if (signal?.aborted) throw cancelled();
  const said = new Set<string>();
  const note = (sentence: string): void => {
    if (said.has(sentence)) return;
    said.add(sentence);
    onNote?.(sentence);
  };
  // A signal of its own, which all endpoints' requests may listen to.
  const opening = AbortSignal.any(signal === undefined ? [] : [signal]);
  setMaxListeners(0, opening);
  const opened = await openEndpoints(spec, given, note, opening);
  const pool = openPool(opened.endpoints, given);
  return remoteEngine(spec, given, opened, pool, note);
}

function remoteEngine(
  spec: RemoteSpec,
  { generates, scores, itemsRequest, concurrency }: ResolvedRemoteOptions,
  { model, endpoints, vocabulary, close }: OpenedEndpoints,
  pool: Pool<ProbedEndpoint>,
  note: (sentence: string) => void,
): RemoteEngine {
  const closing = new AbortController();
  const longest = shortestOf(endpoints.map(({ manner }) => manner.longest));
  const facts: RemoteFacts = {
    kind: "remote",
    model: { path: spec.text, name: model, trainedContext: longest },
    tokenizer: vocabulary?.tokenizer.facts ?? null,
    endpoints: endpoints.map((endpoint) => endpointFacts(endpoint, generates, scores)),
    concurrency,
    itemsRequest,
  };
  const requireOpen = (): void => {
    if (!closing.signal.aborted) return;
    const sentence = `The engine of ${quoted(spec.text)} is closed.`;
    throw new TelltaleError("ENGINE_UNAVAILABLE", sentence, { model: spec.text });
  };
  const known = (): NonNullable<typeof vocabulary> => {
    requireOpen();
    if (vocabulary === null) throw noTokenizer(spec.text);
    return vocabulary;
  };
  const refuseUnasked = (may: boolean, what: string): void => {
    requireOpen();
    if (!may) throw unsuitable(spec.text, `was not opened for ${what}.`);
  };
  /** A job ends when its caller cancels it and when the engine is closed. */
  const job = <Group, Result>(
    groups: Group[],
    itemsTotal: number,
    ask: (endpoint: ProbedEndpoint, group: Group, signal: AbortSignal) => Promise<Result[]>,
    tokensOf: (result: Result) => number,
    options: JobOptions = {},
  ): AsyncGenerator<Result[], void, void> => {
    const work = (group: Group, signal: AbortSignal): Promise<Result[]> =>
      pool.run((endpoint, own) => ask(endpoint, group, own), signal);
    const signal = options.signal === undefined ? closing.signal : AbortSignal.any([options.signal, closing.signal]);
    return streamGroups({ groups, places: pool.places, itemsTotal, work, tokensOf }, { ...options, signal });
  };
  return {
    facts,
    tokenize: async (texts, options) => known().tokenizer.tokenize(texts, options),
    detokenize: async (sequences) => known().tokenizer.detokenize(sequences),
    vocabulary: async () => known().tokenizer.vocabulary(),
    async *generate(request, options) {
      refuseUnasked(generates, "generating");
      const { pieces } = known();
      const entries = generationEntries(request, longest);
      // Completions drawn with one seed would not be independent of each other.
      const groups = piecesOf(entries, request.sampling === undefined ? itemsRequest : 1);
      const head = request.head.length;
      yield* job<(typeof groups)[number], Completion>(
        groups,
        entries.length,
        (endpoint, group, signal) => askCompletions(endpoint, group, head, pieces, note, signal),
        ({ tokens }) => tokens.length,
        options,
      );
    },
    async *score(request, options) {
      refuseUnasked(scores, "scoring");
      known();
      if (request.top === true) throw unsuitable(spec.text, "does not tell the likeliest token of every place.");
      const entries = scoreEntries(request, longest);
      const head = request.head.length;
      yield* job<typeof entries, Score>(
        piecesOf(entries, itemsRequest),
        entries.length,
        (endpoint, group, signal) => askScores(endpoint, group, head, signal),
        ({ logprobs }) => logprobs.length,
        options,
      );
    },
    async *scoreBytes(request, options) {
      refuseUnasked(scores, "scoring");
      if (vocabulary !== null)
        throw unsuitable(spec.text, "has a known vocabulary: score its token ids instead of texts.");
      const { texts, without } = textsOf(request);
      if (without.length > 0) yield without;
      yield* job<TextEntry[], ByteScore>(
        piecesOf(texts, itemsRequest),
        request.items.length,
        (endpoint, group, signal) => askByteScores(endpoint, group, request.head.text, signal),
        ({ logprobs }) => logprobs.length,
        options,
      );
    },
    peakMemory: async () => 0,
    async close() {
      if (closing.signal.aborted) return;
      closing.abort();
      await close();
    },
  };
}

function textsOf({ head, items }: ByteScoreRequest): { texts: TextEntry[]; without: ByteScore[] } {
  const entries = items.map((item, i) => textEntry(head.text, item, i));
  return {
    texts: entries.filter((entry) => "text" in entry),
    without: entries.filter((entry) => "problem" in entry),
  };
}

function endpointFacts({ url, manner }: ProbedEndpoint, generates: boolean, scores: boolean): EndpointFacts {
  return {
    url,
    server: manner.server,
    prompts: manner.prompts,
    scoring: scores ? (manner.scoring?.by ?? null) : null,
    generation: generates ? (manner.generation?.by ?? null) : null,
    added: manner.added.count,
  };
}

function shortestOf(lengths: readonly (number | null)[]): number | null {
  const told = lengths.filter((length) => length !== null);
  return told.length === 0 ? null : Math.min(...told);
}
