import type { Sampling } from "../engine/engine.js";
import { type HeadCosts, sharedHead } from "./shared-head.js";
import { costOf, type GenerateWork, type ScoreWork, type Work } from "./work.js";

/** What the engine does next in one go: works that share a head, a kind and settings. */
export interface JobChoice {
  works: Work[];
  /** So many of the first tokens of every work stay in every slot. */
  head: number;
  /** Int32Array [head + 1]: where nobody asked for that head, the beginning it was made of; else null. */
  shared: Int32Array | null;
}

export interface JobLimits extends HeadCosts {
  /** Tokens of a job, so that who comes later need not wait for all that is there; one work is always taken. */
  tokens: number;
  /** Completions side by side: so many times four are generated whatever their tokens, or slots would stand empty. */
  sequences: number;
  /** Look for heads that nobody asked for. */
  share: boolean;
}

/** The next job of what waits, which is not empty. The work whose turn it is is in it, others that go with it in their turn. */
export function chooseJob(waiting: readonly Work[], limits: JobLimits): JobChoice {
  const ordered = [...waiting].sort((a, b) => a.turn - b.turn);
  const first = ordered[0] as Work;
  if (first.alone) return { works: [first], head: first.prefix ?? 0, shared: null };
  const alike = ordered.filter((work) => goesWith(first, work));
  const found = first.prefix === null && limits.share ? sharedHead(alike, limits) : null;
  // The last token of a common beginning is decoded with every work, so that each has one before what is scored.
  const head = found === null ? (first.prefix ?? 0) : found.tokens.length - 1;
  const works = consecutive(first, upTo(found?.works ?? alike, head, limits));
  return { works, head, shared: found === null ? null : found.tokens };
}

function goesWith(first: Work, work: Work): boolean {
  if (work.alone || work.kind !== first.kind || work.prefix !== first.prefix) return false;
  if (first.prefix !== null && !sameBeginning(first.tokens, work.tokens, first.prefix)) return false;
  return first.kind === "score"
    ? (work as ScoreWork).top === first.top
    : sameSettings(first, work as GenerateWork) && (!drawsFromSeed(first) || work.ticket === first.ticket);
}

function sameSettings(a: GenerateWork, b: GenerateWork): boolean {
  return a.maxTokens === b.maxTokens && a.samples === b.samples && sameSampling(a.sampling, b.sampling);
}

function sameSampling(a: Sampling | null, b: Sampling | null): boolean {
  if (a === null || b === null) return a === b;
  return (["temperature", "topK", "topP", "minP", "seed"] as const).every((key) => a[key] === b[key]);
}

function drawsFromSeed(work: Work): boolean {
  return work.kind === "generate" && work.sampling?.seed !== undefined;
}

function sameBeginning(a: Int32Array, b: Int32Array, length: number): boolean {
  for (let i = 0; i < length; i += 1) if (a[i] !== b[i]) return false;
  return true;
}

function upTo(works: readonly Work[], head: number, { tokens, sequences }: JobLimits): Work[] {
  let sum = 0;
  const end = works.findIndex((work, i) => {
    sum += costOf(work, head);
    return i > 0 && sum > tokens && (work.kind === "score" || i >= 4 * sequences);
  });
  return works.slice(0, end === -1 ? works.length : end);
}

/** A draw depends on the place, and the places of a job follow each other. */
function consecutive(first: Work, works: Work[]): Work[] {
  if (!drawsFromSeed(first)) return works;
  const ordered = (works as GenerateWork[]).sort((a, b) => a.place - b.place);
  const from = ordered.indexOf(first as GenerateWork);
  const start = (first as GenerateWork).place;
  return ordered.slice(from).filter((work, i) => work.place === start + i);
}
