import path from "node:path";
import { randomNumbers } from "#telltale/prefill/shuffle.js";
import { SHAPES } from "./models/shapes.js";
import { CONTROL_TOKENS } from "./models/vocabulary.js";

/** One piece of work, the same for whoever does it: the token ids follow from it. */
export interface Job {
  model: string;
  threads: number;
  work: ScoreWork | GenerateWork;
  /** Sequences side by side, tokens of each, tokens in one decode. */
  sequences: number;
  contextSequence: number;
  batch: number;
}

export interface ScoreWork {
  kind: "score";
  /** Tokens before the scored ones, in every item. */
  context: number;
  /** Scored tokens of each item. */
  targets: readonly number[];
  /** The likeliest token in every place is wanted, too. Default false. */
  top?: boolean;
}

export interface GenerateWork {
  kind: "generate";
  completions: number;
  /** Tokens of a prefill, and of the head before every one of them. */
  prefill: number;
  head: number;
  /** Greedy tokens of each completion; none ends early. */
  maxTokens: number;
}

export const JOB_BATCH = 512;

/** A job with room for its work: everything the same for every rival. */
export function scoreJob(model: string, threads: number, sequences: number, work: Omit<ScoreWork, "kind">): Job {
  const contextSequence = roundUp(work.context + Math.max(...work.targets));
  return { model, threads, work: { kind: "score", ...work }, sequences, contextSequence, batch: JOB_BATCH };
}

export function generateJob(model: string, threads: number, sequences: number, work: Omit<GenerateWork, "kind">): Job {
  const contextSequence = roundUp(work.head + work.prefill + work.maxTokens);
  return { model, threads, work: { kind: "generate", ...work }, sequences, contextSequence, batch: JOB_BATCH };
}

/** As many of the longest as fill a batch. */
const WARMING_ITEMS = 6;

/** A short job of the same kind, which has met every buffer the long one will use. */
export function warmUp(job: Job): Job {
  const { work } = job;
  if (work.kind === "generate") {
    const completions = Math.min(work.completions, job.sequences);
    return { ...job, work: { ...work, completions, maxTokens: Math.min(work.maxTokens, 2) } };
  }
  const longest = [...work.targets].sort((a, b) => b - a);
  return { ...job, work: { ...work, targets: longest.slice(0, WARMING_ITEMS) } };
}

/** Tokens scored or generated. */
export function tokensOf({ work }: Job): number {
  return work.kind === "generate" ? work.completions * work.maxTokens : work.targets.reduce((sum, n) => sum + n, 0);
}

/** Int32Array [length] each: random tokens, no control token among them. */
export function randomSequences(vocabulary: number, lengths: readonly number[], seed = 7): Int32Array[] {
  const next = randomNumbers(seed);
  const ids = vocabulary - CONTROL_TOKENS.length;
  return lengths.map((length) => Int32Array.from({ length }, () => Math.floor(next() * ids)));
}

/** Int32Array [context + targets] each: the texts of a scoring job. */
export function sequencesOf({ model, work }: Job): Int32Array[] {
  if (work.kind !== "score") throw new Error("Only texts that are scored are known before.");
  const shape = SHAPES.find(({ name }) => path.basename(model).startsWith(`${name}-`));
  if (shape === undefined) throw new Error(`The shape of ${model} is not known.`);
  return randomSequences(
    shape.vocabulary,
    work.targets.map((targets) => work.context + targets),
  );
}

/** llama.cpp rounds a sequence's memory up to this. */
function roundUp(tokens: number): number {
  return Math.ceil(tokens / 256) * 256;
}
