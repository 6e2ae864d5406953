import type { FileTokenizer } from "../../engine.js";
import { unsuitable } from "../failure.js";
import type { Endpoint, Manner, ProbedEndpoint } from "../manner.js";
import type { Pieces } from "../pieces.js";
import { strangeAgainstScoring } from "./agreement.js";
import { textCanary, tokenCanary } from "./canary.js";
import { type GenerationFound, probeGeneration } from "./generation.js";
import type { Listing } from "./models.js";
import { type Asking, type ProbeOf, probeScoring, type ScoringFound } from "./scoring.js";

export interface ProbeAsked {
  endpoint: Endpoint;
  listing: Listing;
  model: string;
  /** The vocabulary that ids are of; null: texts are sent. */
  vocabulary: { tokenizer: FileTokenizer; pieces: Pieces } | null;
  generates: boolean;
  scores: boolean;
  persist: Asking;
  signal: AbortSignal;
}

export interface Probed {
  endpoint: ProbedEndpoint;
  /** What endpoints of one model must agree on, nats. */
  figures: { scored: number[]; generated: number[] };
}

const NOTHING_ADDED: Manner["added"] = { count: 0, text: "", avoidable: false };

/**
 * Finds out what an endpoint really does, on a text whose answers are checked against each other. Throws ENDPOINT_UNSUITABLE for
 * what would be wrong without a word, and EndpointFailure where it does not answer.
 */
export async function probeEndpoint(asked: ProbeAsked): Promise<Probed> {
  const { endpoint, listing, model, vocabulary, generates, scores, persist, signal } = asked;
  const canary = vocabulary === null ? textCanary() : await tokenCanary(vocabulary.tokenizer);
  const pieces = vocabulary?.pieces ?? null;
  const probe: ProbeOf = { endpoint, model, server: listing.server, canary, pieces, persist, signal };
  // A server that only generates may score for once: to tell the end-of-generation tokens that it leaves out.
  const scoring = await probeScoring(probe);
  if (scores && "reason" in scoring) throw unsuitable(endpoint.url, scoring.reason);
  const generation = pieces === null ? undefined : await probeGeneration(probe, pieces);
  if (generates && generation !== undefined && "reason" in generation)
    throw unsuitable(endpoint.url, generation.reason);
  const found = { scoring: foundOf(scoring), generation: foundOf(generation) };
  const manner = mannerOf(asked, found.scoring, found.generation);
  const probed: ProbedEndpoint = { ...endpoint, manner };
  if (found.scoring !== undefined && found.generation !== undefined) {
    const openings = canary.openings as number[][];
    const strange = await strangeAgainstScoring(probed, openings, found.generation.continuations, persist, signal);
    if (strange !== null && (scores || generates)) throw unsuitable(endpoint.url, strange);
  }
  const generated = found.generation?.continuations.flatMap(({ logprobs }) => logprobs.slice(0, 1)) ?? [];
  return {
    endpoint: probed,
    figures: { scored: found.scoring?.figures ?? [], generated: generated.filter((each) => each !== null) },
  };
}

function foundOf<T extends object>(result: T | { reason: string } | undefined): T | undefined {
  return result === undefined || "reason" in result ? undefined : (result as T);
}

function mannerOf(
  { listing, model, vocabulary }: ProbeAsked,
  scoring: ScoringFound | undefined,
  generation: GenerationFound | undefined,
): Manner {
  const listed = listing.models.find(({ id }) => id === model);
  // Plain fields are what both take where one of them takes no others.
  const plain = scoring?.fields === "plain" || generation?.fields === "plain";
  return {
    server: listing.server,
    model,
    longest: listed?.max_model_len ?? listed?.meta?.n_ctx ?? null,
    fields: plain ? "plain" : (scoring?.fields ?? generation?.fields ?? "plain"),
    prompts: vocabulary === null ? "text" : "ids",
    several: (scoring?.several ?? true) && (generation?.several ?? true),
    scoring: scoring?.scoring ?? null,
    generation: generation?.generation ?? null,
    added: scoring?.added ?? NOTHING_ADDED,
  };
}
