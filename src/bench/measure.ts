import type { Engine, GenerateRequest, ScoreItem } from "../engine/engine.js";
import { adapted } from "./adapt.js";
import { sharesOf, type Timed, timeGeneration, timeScoring } from "./jobs.js";
import { madeUpTokens } from "./made-up.js";
import { HEAD_TOKENS, PREFILL_TOKENS, type ResolvedBenchOptions } from "./options.js";
import type { PointPlan } from "./points.js";
import type { Point } from "./schema.js";

/** Steps of all sequences that are tried first. */
const FIRST_STEPS = 4;
/** Tokens of one job at most, however fast the machine: they are all in memory. */
const MOST_TOKENS = 4_000_000;

type Settings = Pick<ResolvedBenchOptions, "seconds" | "maxTokens" | "seed">;

/** Measures a point on an engine opened for it; `ordinary` are the ids to make texts of: Int32Array [n]. */
export async function measure(
  engine: Engine,
  plan: PointPlan,
  ordinary: Int32Array,
  settings: Settings,
): Promise<Point> {
  const measured = await (plan.kind === "generate" ? generation : scoring)(engine, plan, ordinary, settings);
  const { job, tokens, seconds, prefillSeconds } = measured;
  const tokensPerSecond = tokens / seconds;
  const { maxTokens } = settings;
  // Of a completion that is generated the first token comes with the prefill.
  const [together, steps] = plan.kind === "generate" ? [plan.sequences, maxTokens - 1] : [1, maxTokens];
  // A model that ends every completion at once has no steps to take.
  const stepping = tokens === 0 ? 0 : (together * steps) / tokensPerSecond;
  const { kind, model, sequences, batch, head, decoding } = plan;
  return {
    ...{ kind, model, sequences, batch, head, decoding },
    tokens,
    seconds,
    tokensPerSecond,
    prefillSeconds,
    completionsPerMinute: (60 * together) / (prefillSeconds + stepping),
    endedEarly: job.endedEarly,
    jobSeconds: job.seconds,
    shares: sharesOf(job),
    bytesRead: job.work.bytesRead,
    peakMemoryBytes: await engine.peakMemory(),
  };
}

interface Measured {
  job: Timed;
  tokens: number;
  seconds: number;
  prefillSeconds: number;
}

/**
 * Generates from made-up prefills. A job without steps, which prefills only, is taken off the time of the job with them, so
 * that the rate is that of the steps however few of them there is time for.
 */
async function generation(
  engine: Engine,
  { sequences, head, decoding }: PointPlan,
  ordinary: Int32Array,
  { seconds: wanted, maxTokens, seed }: Settings,
): Promise<Measured> {
  const request = (rounds: number, newTokens: number): GenerateRequest => {
    const next = madeUpTokens(ordinary, seed);
    return {
      head: next(head === "none" ? 0 : HEAD_TOKENS),
      prefills: Array.from({ length: rounds * sequences }, () => next(PREFILL_TOKENS)),
      maxTokens: newTokens,
      ...(decoding === "drawn" && { sampling: { temperature: 1, seed } }),
    };
  };
  // The first job decodes the head that is shared, and touches all weights.
  await timeGeneration(engine, request(1, 1));
  const prefilling = new Map<number, Timed>();
  const most = Math.max(FIRST_STEPS, Math.floor(MOST_TOKENS / sequences));
  return adapted(wanted, { first: FIRST_STEPS, most }, async (steps) => {
    const rounds = Math.ceil(steps / (maxTokens - 1));
    const before = prefilling.get(rounds) ?? (await timeGeneration(engine, request(rounds, 1)));
    prefilling.set(rounds, before);
    const job = await timeGeneration(engine, request(rounds, 1 + Math.ceil(steps / rounds)));
    return {
      job,
      tokens: job.tokens - before.tokens,
      seconds: Math.max(job.seconds - before.seconds, Number.EPSILON),
      prefillSeconds: before.seconds / rounds,
    };
  });
}

/** Scores made-up completions, some micro-batches of them. */
async function scoring(
  engine: Engine,
  { sequences, batch, head }: PointPlan,
  ordinary: Int32Array,
  { seconds: wanted, maxTokens, seed }: Settings,
): Promise<Measured> {
  // The last token is scored, not decoded.
  const length = (head === "repeated" ? HEAD_TOKENS : 0) + PREFILL_TOKENS + maxTokens - 1;
  const together = Math.max(1, Math.min(sequences, Math.floor(batch / length)));
  const run = (rounds: number): Promise<Timed> => {
    const next = madeUpTokens(ordinary, seed);
    const item = (): ScoreItem => ({ context: next(PREFILL_TOKENS), targets: next(maxTokens) });
    const shared = next(head === "none" ? 0 : HEAD_TOKENS);
    return timeScoring(engine, { head: shared, items: Array.from({ length: rounds * together }, item) });
  };
  await run(1);
  const most = Math.max(1, Math.floor(MOST_TOKENS / (together * maxTokens)));
  const job = await adapted(wanted, { first: 1, most }, run);
  return { job, tokens: job.tokens, seconds: job.seconds, prefillSeconds: 0 };
}
