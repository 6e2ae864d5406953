import type { JobOptions, JobProgress, JobWork, LocalEngine } from "../engine/engine.js";
import { TelltaleError } from "../errors.js";
import { chooseJob, type JobChoice } from "./choose-job.js";
import type { ModelMetrics } from "./metrics.js";
import { type CommonScores, generateJob, scoreCommon, scoreJob } from "./run-job.js";
import { costOf, type Ticket, type Work } from "./work.js";

const NOTHING = new Int32Array(0);
/** A job holds no fewer tokens than so many full batches: the last of them is seldom full. */
const BATCHES = 16;
/** ... and no more than take so long, so that who comes with little need not wait for who came with much. */
const JOB_SECONDS = 4;
/** Scored beginnings that are kept: as many tasks as run through a server at once, and more. */
const KEPT_SCORES = 16;

/** The works that wait for one model, run job by job: what comes while a job runs is gathered into the next one. */
export interface Batcher {
  /** Works that wait; those that run are not among them. */
  waiting(): number;
  /** Queues the works of one request, the first of them with the next turn. */
  add(works: readonly Work[]): void;
  /** Drops what waits of requests that have gone, and cancels a job that nobody waits for. */
  dropGone(): void;
}

export interface BatcherOptions {
  /** Opened where it is not; rejects where it cannot be. */
  engine(): Promise<LocalEngine>;
  /** Told of a failed job, before another one runs. */
  failed(engine: LocalEngine, error: unknown): Promise<void>;
  metrics: ModelMetrics;
  share: boolean;
}

export function createBatcher({ engine: open, failed, metrics, share }: BatcherOptions): Batcher {
  let queue: Work[] = [];
  let running: { works: Set<Work>; controller: AbortController } | undefined;
  let busy = false;
  let turn = 0;
  let kept: Int32Array = NOTHING;
  let tokensPerSecond = 0;
  const commons: CommonScores[] = [];

  const loop = async (): Promise<void> => {
    busy = true;
    while (queue.length > 0) {
      let engine: LocalEngine;
      try {
        engine = await open();
      } catch (error) {
        for (const work of queue.splice(0)) work.reject(error);
        break;
      }
      if (queue.length === 0) break;
      const { nCtx, nBatch, nSequences } = engine.facts.context;
      const tokens = Math.max(BATCHES * nBatch, JOB_SECONDS * tokensPerSecond);
      const canShare = share && engine.facts.model.canShareHead;
      const job = chooseJob(queue, { kept, nCtx, tokens, sequences: nSequences, share: canShare });
      await run(engine, job);
    }
    busy = false;
  };

  const run = async (engine: LocalEngine, job: JobChoice): Promise<void> => {
    const left = new Set(job.works);
    const controller = new AbortController();
    queue = queue.filter((work) => !left.has(work));
    turn = Math.max(turn, job.works[0]?.turn ?? 0);
    running = { works: left, controller };
    const started = performance.now();
    const tokens = job.works.reduce((sum, work) => sum + costOf(work, job.head), 0);
    const done = <W extends Work>(work: W, result: Parameters<W["resolve"]>[0]): void => {
      left.delete(work);
      metrics.done(work, result);
      (work.resolve as (result: unknown) => void)(result);
    };
    const { signal } = controller;
    metrics.started(job);
    try {
      const shared = await commonScores(engine, job, signal);
      kept = job.shared ?? NOTHING;
      await measured((options) =>
        job.works[0]?.kind === "score"
          ? scoreJob(engine, job, shared, done, { ...options, signal })
          : generateJob(engine, job, done, { ...options, signal }),
      );
      tokensPerSecond = (1000 * tokens) / (performance.now() - started);
    } catch (error) {
      kept = NOTHING;
      requeue(error, left, job.works.length);
      // Whatever a listener or a closing engine throws, the others are to run.
      if (!isCancelled(error)) await failed(engine, error).catch(() => {});
    } finally {
      running = undefined;
    }
  };

  /** Runs a job and counts what the engine spent on it. */
  const measured = async <T>(job: (options: JobOptions) => Promise<T>): Promise<T> => {
    let spent: JobWork | undefined;
    const onProgress = (progress: JobProgress): void => {
      spent = progress.work;
    };
    try {
      return await job({ onProgress });
    } finally {
      if (spent !== undefined) metrics.worked(spent);
    }
  };

  /** Scores the common beginning where a work wants them and they are not known from before. */
  const commonScores = async (
    engine: LocalEngine,
    { works, head, shared }: JobChoice,
    signal: AbortSignal,
  ): Promise<CommonScores | null> => {
    const [first] = works;
    if (shared === null || first?.kind !== "score") return null;
    if (works.every((work) => work.kind === "score" && work.given > head)) return null;
    const known = commons.findIndex(
      ({ tokens, scored }) => (scored.top !== null || !first.top) && beginsWith(tokens, shared),
    );
    const common =
      commons[known] ??
      (await measured((options) => scoreCommon(engine, shared.slice(), first.top, { ...options, signal })));
    if (known !== -1) commons.splice(known, 1);
    commons.unshift(common);
    commons.splice(KEPT_SCORES);
    return common;
  };

  const requeue = (error: unknown, left: ReadonlySet<Work>, together: number): void => {
    for (const work of left) if (work.ticket.gone) work.reject(clientGone());
    const unfinished = [...left].filter(({ ticket }) => !ticket.gone);
    const died = error instanceof TelltaleError && error.code === "ENGINE_DIED";
    if (died && error.phase === "idle") {
      // It had ended before these came: they did not end it.
      queue.push(...unfinished);
    } else if (died || together === 1) {
      for (const work of unfinished) work.reject(error);
    } else {
      // One of them may be to blame, and the others shall not suffer for it.
      for (const work of unfinished) work.alone = true;
      queue.push(...unfinished);
    }
  };

  const dropGone = (): void => {
    for (const work of queue) if (work.ticket.gone) work.reject(clientGone());
    queue = queue.filter(({ ticket }) => !ticket.gone);
    if (running !== undefined && [...running.works].every(({ ticket }: { ticket: Ticket }) => ticket.gone)) {
      running.controller.abort();
    }
  };

  return {
    waiting: () => queue.length,
    add(works) {
      for (const [i, work] of works.entries()) work.turn = turn + i;
      queue.push(...works);
      dropGone();
      if (!busy) void loop();
    },
    dropGone,
  };
}

function clientGone(): TelltaleError {
  return new TelltaleError("CANCELLED", "The client has gone.");
}

function isCancelled(error: unknown): boolean {
  return error instanceof TelltaleError && error.code === "CANCELLED";
}

function beginsWith(tokens: Int32Array, beginning: Int32Array): boolean {
  return tokens.length >= beginning.length && beginning.every((token, i) => tokens[i] === token);
}
