import { TelltaleError } from "../errors.js";
import type { JobOptions, JobProgress, JobWork } from "./engine.js";

/** A job that hands over its results in batches and can be cancelled, wherever it runs. */
export interface RunningJob {
  /** Resolves when the job has ended and no batch will follow. */
  done: Promise<void>;
  cancel(): void;
  /** How far it is; absent where progress is pushed instead. */
  progress?: () => JobProgress;
}

const PROGRESS_INTERVAL_MS = 200;

/**
 * Batches of a job as an async iterable. Leaving the loop early cancels the job and waits for its end; an aborted signal
 * makes the loop throw CANCELLED.
 */
export async function* streamJob<Batch>(
  start: (onBatch: (batch: Batch) => void) => RunningJob,
  options: JobOptions = {},
): AsyncGenerator<Batch, void, void> {
  const { signal, onProgress } = options;
  if (signal?.aborted) throw cancelled();
  if (signal && typeof signal.addEventListener !== "function") {
    throw new TelltaleError("BAD_ARGUMENT", "Wrong job options: signal: expected an AbortSignal.");
  }
  const queue: Batch[] = [];
  let wake: () => void = () => {};
  let ended = false;
  let failure: unknown;
  const job = start((batch) => {
    queue.push(batch);
    wake();
  });
  const settled = job.done.then(
    () => {
      ended = true;
      wake();
    },
    (error: unknown) => {
      ended = true;
      failure = error;
      wake();
    },
  );
  const onAbort = (): void => job.cancel();
  signal?.addEventListener("abort", onAbort, { once: true });
  const report = (): void => {
    if (job.progress !== undefined) onProgress?.(job.progress());
  };
  const timer = onProgress === undefined ? undefined : setInterval(report, PROGRESS_INTERVAL_MS);
  try {
    for (;;) {
      const batch = queue.shift();
      if (batch !== undefined) {
        yield batch;
      } else if (ended) {
        break;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
    if (signal?.aborted) throw cancelled();
    if (failure !== undefined) throw failure;
    report();
  } finally {
    clearInterval(timer);
    signal?.removeEventListener("abort", onAbort);
    if (!ended) job.cancel();
    await settled;
  }
}

/** What a job has spent before it begins. */
export function noWork(): JobWork {
  return { decodeSeconds: 0, logSoftmaxSeconds: 0, samplingSeconds: 0, copySeconds: 0, bytesRead: 0 };
}

export function cancelled(): TelltaleError {
  return new TelltaleError("CANCELLED", "The job was cancelled.");
}
