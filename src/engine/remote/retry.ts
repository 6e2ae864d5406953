import { cancelled } from "../job.js";
import { EndpointFailure } from "./failure.js";

/** Seconds. */
const LONGEST_PAUSE = 30;
/** Statuses by which a server says that it is busy or starting, rather than that it cannot. */
const BUSY = [429, 502, 503, 504];
/** So often a request of the probe is tried where the server did answer, but with something else. */
const TRIES_ANSWERED = 2;

/** Seconds before a further try: doubled each time, up to 30, and spread so that many do not come back at once. */
export function pause(first: number, attempt: number): number {
  return Math.min(LONGEST_PAUSE, first * 2 ** Math.min(attempt - 1, 20)) * (0.5 + Math.random() / 2);
}

/** Waits some seconds. Throws CANCELLED once `signal` is aborted. */
export function wait(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(cancelled());
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(cancelled());
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    }, seconds * 1000);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}

export interface Persistence {
  attempts: number;
  retryDelaySeconds: number;
}

/** Runs `ask` on the one endpoint there is for it, again after failures that may pass. Throws the last EndpointFailure. */
export async function persist<T>(
  ask: () => Promise<T>,
  { attempts, retryDelaySeconds }: Persistence,
  signal: AbortSignal,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof EndpointFailure) || error.kind !== "again" || attempt === attempts) throw error;
      const answered = error.status !== null && !BUSY.includes(error.status);
      if (answered && attempt >= TRIES_ANSWERED) throw error;
      await wait(Math.max(pause(retryDelaySeconds, attempt), Math.min(error.retryAfter ?? 0, LONGEST_PAUSE)), signal);
    }
  }
}
