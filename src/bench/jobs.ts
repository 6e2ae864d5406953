import type { Engine, GenerateRequest, JobOptions, JobWork, ScoreRequest } from "../engine/engine.js";
import { noWork } from "../engine/job.js";
import type { Point } from "./schema.js";

/** What a job did, and what it took as its caller sees it. */
export interface Timed {
  seconds: number;
  /** Generated or scored. */
  tokens: number;
  /** Completions that the model ended. */
  endedEarly: number;
  work: JobWork;
}

/** Generates, and drops what is generated. */
export function timeGeneration(engine: Engine, request: GenerateRequest): Promise<Timed> {
  return timed(
    (options) => engine.generate(request, options),
    ({ stop }) => stop === "eog",
  );
}

/** Scores, and drops the scores. */
export function timeScoring(engine: Engine, request: ScoreRequest): Promise<Timed> {
  return timed(
    (options) => engine.score(request, options),
    () => false,
  );
}

async function timed<Item>(
  run: (options: JobOptions) => AsyncIterable<Item[]>,
  ended: (item: Item) => boolean,
): Promise<Timed> {
  let work: JobWork = noWork();
  let tokens = 0;
  let endedEarly = 0;
  const start = performance.now();
  // The last of the progress reports comes when all is done.
  const onProgress: JobOptions["onProgress"] = (progress) => {
    work = progress.work;
    tokens = progress.tokensDone;
  };
  for await (const batch of run({ onProgress })) endedEarly += batch.filter(ended).length;
  return { seconds: (performance.now() - start) / 1000, tokens, endedEarly, work };
}

/** Shares of a job's time; what the engine's own thread did not spend is JavaScript's. */
export function sharesOf({ seconds, work }: Pick<Timed, "seconds" | "work">): Point["shares"] {
  const { decodeSeconds, logSoftmaxSeconds, samplingSeconds, copySeconds } = work;
  const native = decodeSeconds + logSoftmaxSeconds + samplingSeconds + copySeconds;
  // Two clocks may differ by a hair.
  const whole = Math.max(seconds, native, Number.MIN_VALUE);
  return {
    decode: decodeSeconds / whole,
    logSoftmax: logSoftmaxSeconds / whole,
    sampling: samplingSeconds / whole,
    copies: copySeconds / whole,
    javascript: (whole - native) / whole,
  };
}
