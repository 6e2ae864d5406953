import { TelltaleError } from "../../errors.js";
import { quoted } from "../../safe-text.js";
import type { FileTokenizer } from "../engine.js";
import { EndpointFailure, failed } from "./failure.js";
import type { Endpoint, ProbedEndpoint } from "./manner.js";
import type { ResolvedRemoteOptions } from "./options.js";
import { openPieces, type Pieces } from "./pieces.js";
import { meanDifference, SAME_MODEL } from "./probe/agreement.js";
import { chooseModel, type Listing, listModels } from "./probe/models.js";
import { type Probed, probeEndpoint } from "./probe/probe.js";
import { persist } from "./retry.js";
import type { RemoteSpec } from "./spec.js";
import { noTokenizer, openServedTokenizer } from "./tokenizer.js";
import { openTransport, type Transport } from "./transport.js";

/** Bytes of answer for each token that it is about, and beside: every entry of prompt_logprobs is an object of several fields. */
const BYTES_TOKEN = 4096;
const BYTES_ANSWER = 2 ** 20;
const MOST_BYTES = 2 ** 28;

export interface OpenedEndpoints {
  model: string;
  endpoints: ProbedEndpoint[];
  vocabulary: { tokenizer: FileTokenizer; pieces: Pieces } | null;
  close(): Promise<void>;
}

/** Finds the model on every endpoint, its vocabulary, and what each endpoint can do. */
export async function openEndpoints(
  spec: RemoteSpec,
  options: ResolvedRemoteOptions,
  onNote: (sentence: string) => void,
  signal: AbortSignal,
): Promise<OpenedEndpoints> {
  const origins = spec.endpoints.map((endpoint) => new URL(endpoint).origin);
  const { timeoutSeconds, apiKey } = options;
  noteOpenKey(origins, apiKey, onNote);
  const transport = openTransport({ timeoutSeconds, apiKey, origins });
  let served: FileTokenizer | undefined;
  try {
    const listings = await listingsOf(spec, options, transport, onNote, signal);
    const model = chooseModel(spec.model, listings);
    const endpoints = listings.map((listing) => endpointOf(listing, transport));
    served = await servedTokenizer(options, endpoints, listings, model, signal);
    const tokenizer = options.tokenizer ?? served ?? null;
    if (tokenizer === null && options.generates) throw noTokenizer(spec.text);
    const vocabulary = tokenizer && { tokenizer, pieces: openPieces(await tokenizer.vocabulary(), tokenizer.facts) };
    const probed = await onEach(
      endpoints,
      ({ url }) => url,
      (endpoint, i) =>
        probeEndpoint({
          endpoint,
          listing: listings[i] as Listing,
          model,
          vocabulary,
          generates: options.generates,
          scores: options.scores,
          persist: (ask) => persist(ask, options, signal),
          signal,
        }),
    );
    refuseDifferent(probed);
    return {
      model,
      endpoints: probed.map(({ endpoint }) => endpoint),
      vocabulary,
      async close() {
        await served?.close();
        transport.close();
      },
    };
  } catch (error) {
    await served?.close();
    transport.close();
    throw error;
  }
}

/** The models of those endpoints that answer; where others do, one that is not there is said and done without. */
async function listingsOf(
  { endpoints }: RemoteSpec,
  options: ResolvedRemoteOptions,
  transport: Transport,
  onNote: (sentence: string) => void,
  signal: AbortSignal,
): Promise<Listing[]> {
  const asked = await Promise.allSettled(
    endpoints.map((address) => persist(() => listModels(address, transport, signal), options, signal)),
  );
  const listings = asked.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  for (const [i, result] of asked.entries()) {
    if (result.status === "fulfilled") continue;
    const { reason } = result;
    if (!(reason instanceof EndpointFailure)) throw reason;
    const failure = failed(endpoints[i] as string, reason);
    if (listings.length === 0 || reason.kind !== "again" || reason.status !== null) throw failure;
    onNote(`${failure.message} It is done without, since others of the model answer.`);
  }
  return listings;
}

/** Runs `ask` for all at once; the first failure in their order is thrown, as a sentence about its endpoint. */
async function onEach<T, R>(
  all: readonly T[],
  urlOf: (each: T) => string,
  ask: (each: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results = await Promise.allSettled(all.map((each, i) => ask(each, i)));
  return results.map((result, i) => {
    if (result.status === "fulfilled") return result.value;
    const { reason } = result;
    throw reason instanceof EndpointFailure ? failed(urlOf(all[i] as T), reason) : reason;
  });
}

function endpointOf({ url, root }: Listing, { ask }: Transport): Endpoint {
  return {
    url,
    root,
    post: (address, body, tokens, signal) =>
      ask({ url: address, body, limit: Math.min(MOST_BYTES, BYTES_ANSWER + tokens * BYTES_TOKEN), signal }),
    get: (address, limit, signal) => ask({ url: address, limit, signal }),
  };
}

async function servedTokenizer(
  options: ResolvedRemoteOptions,
  endpoints: readonly Endpoint[],
  listings: readonly Listing[],
  model: string,
  signal: AbortSignal,
): Promise<FileTokenizer | undefined> {
  const [first, ...others] = endpoints.filter((_, i) => listings[i]?.server === "telltale");
  if (options.tokenizer !== null || first === undefined) return undefined;
  try {
    return await persist(() => openServedTokenizer([first, ...others], model, options, signal), options, signal);
  } catch (error) {
    throw error instanceof EndpointFailure ? failed(first.url, error) : error;
  }
}

/** All endpoints must give the first one's figures: a request may go to any of them. */
function refuseDifferent([first, ...others]: readonly Probed[]): void {
  for (const other of others) {
    for (const kind of ["scored", "generated"] as const) {
      const [a, b] = [first?.figures[kind] ?? [], other.figures[kind]];
      if (a.length === 0 && b.length === 0) continue;
      const apart = meanDifference(a, b);
      if (apart <= SAME_MODEL) continue;
      const how = Number.isFinite(apart) ? `${apart.toFixed(2)} nats apart in the mean` : "in other tokens";
      throw new TelltaleError(
        "ENDPOINT_UNSUITABLE",
        `${quoted(first?.endpoint.url ?? "")} and ${quoted(other.endpoint.url)} do not serve the same model: of one text they give ` +
          `other log-probabilities, ${how}. Name endpoints that serve the same weights in the same precision.`,
      );
    }
  }
}

function noteOpenKey(origins: readonly string[], apiKey: string | undefined, onNote: (sentence: string) => void): void {
  const isNear = ({ protocol, hostname }: URL): boolean =>
    protocol === "https:" || hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
  const open = apiKey === undefined ? undefined : origins.find((origin) => !isNear(new URL(origin)));
  if (open !== undefined)
    onNote(`The key for ${open} goes over the network unencrypted: use https there if others share it.`);
}
