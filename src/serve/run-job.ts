import { randomInt } from "node:crypto";
import type { JobOptions, LocalEngine } from "../engine/engine.js";
import { TelltaleError } from "../errors.js";
import type { JobChoice } from "./choose-job.js";
import type { Generated, GenerateWork, Scored, ScoreWork, Top } from "./work.js";

const NOTHING = new Int32Array(0);
const LARGEST_SEED = 2 ** 47;

/** What a common beginning gave when it was scored: its tokens but the first. */
export interface CommonScores {
  tokens: Int32Array;
  scored: Scored;
}

/**
 * Scores the works of a job, each handed over as soon as it is done. `common`: the scores of the tokens that works with a shared
 * head have in common, needed where one of them wants them.
 */
export async function scoreJob(
  engine: LocalEngine,
  { works, head }: JobChoice,
  common: CommonScores | null,
  done: (work: ScoreWork, result: Scored) => void,
  options: JobOptions,
): Promise<void> {
  const all = works as ScoreWork[];
  const top = all[0]?.top ?? false;
  const items = all.map(({ tokens, given }) => {
    const from = Math.max(given, head + 1);
    return { context: tokens.subarray(head, from), targets: tokens.subarray(from) };
  });
  const request = { head: headOf(all, head), items, top };
  for await (const batch of engine.score(request, options)) {
    for (const score of batch) {
      const work = all[score.item] as ScoreWork;
      const own: Scored = { logprobs: score.logprobs, top: top ? likeliest(score.top) : null };
      done(work, work.given > head ? own : withCommon(work, head, common, own));
    }
  }
}

/** Scores all tokens of a beginning but the first. */
export async function scoreCommon(
  engine: LocalEngine,
  tokens: Int32Array,
  top: boolean,
  options: JobOptions,
): Promise<CommonScores> {
  const items = [{ context: tokens.subarray(0, 1), targets: tokens.subarray(1) }];
  for await (const [score] of engine.score({ head: NOTHING, items, top }, options)) {
    if (score !== undefined) {
      return { tokens, scored: { logprobs: score.logprobs, top: top ? likeliest(score.top) : null } };
    }
  }
  throw new TelltaleError("ENGINE_FAILED", "The engine gave no scores for a common beginning.", { phase: "score" });
}

/** Generates for the works of a job, each handed over when all its samples are done. */
export async function generateJob(
  engine: LocalEngine,
  { works, head }: JobChoice,
  done: (work: GenerateWork, result: Generated[]) => void,
  options: JobOptions,
): Promise<void> {
  const all = works as GenerateWork[];
  const first = all[0] as GenerateWork;
  const { maxTokens, samples, sampling } = first;
  const results = all.map((): Generated[] => []);
  const missing = all.map(() => samples);
  const request = {
    head: headOf(all, head),
    prefills: all.map(({ tokens }) => tokens.subarray(head)),
    maxTokens,
    samples,
    ...(sampling === null ? {} : { sampling: { ...sampling, seed: sampling.seed ?? randomInt(LARGEST_SEED) } }),
    firstPrefill: sampling?.seed === undefined ? 0 : first.place,
  };
  for await (const batch of engine.generate(request, options)) {
    for (const { prefill, sample, tokens, logprobs, stop } of batch) {
      const result = results[prefill] as Generated[];
      result[sample] = { tokens, logprobs, stop };
      const left = (missing[prefill] as number) - 1;
      missing[prefill] = left;
      if (left === 0) done(all[prefill] as GenerateWork, result);
    }
  }
}

function headOf(works: readonly { tokens: Int32Array }[], head: number): Int32Array {
  return works[0]?.tokens.slice(0, head) ?? NOTHING;
}

function likeliest(top: Top | undefined): Top {
  if (top !== undefined) return top;
  throw new TelltaleError("ENGINE_FAILED", "The engine did not tell the likeliest tokens.", { phase: "score" });
}

/** Tokens `given` to `head` were scored with the beginning, those after them with the work. */
function withCommon(work: ScoreWork, head: number, common: CommonScores | null, own: Scored): Scored {
  if (common === null) {
    throw new TelltaleError("ENGINE_FAILED", "A common beginning was not scored.", { phase: "score" });
  }
  const [from, to] = [work.given - 1, head];
  const logprobs = joined(Float32Array, common.scored.logprobs.subarray(from, to), own.logprobs);
  if (own.top === null || common.scored.top === null) return { logprobs, top: null };
  return {
    logprobs,
    top: {
      tokens: joined(Int32Array, common.scored.top.tokens.subarray(from, to), own.top.tokens),
      logprobs: joined(Float32Array, common.scored.top.logprobs.subarray(from, to), own.top.logprobs),
    },
  };
}

function joined<T extends Int32Array | Float32Array>(kind: new (length: number) => T, a: T, b: T): T {
  const result = new kind(a.length + b.length);
  result.set(a);
  result.set(b, a.length);
  return result;
}
