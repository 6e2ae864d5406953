import { TelltaleError } from "../../errors.js";
import { quoted } from "../../safe-text.js";
import { cancelled } from "../job.js";
import { EndpointFailure, failed } from "./failure.js";
import { pause, wait } from "./retry.js";

export interface PoolOptions {
  /** Requests to one endpoint at a time. */
  concurrency: number;
  /** Times a request is tried, over all endpoints. */
  attempts: number;
  /** Seconds before the second try, doubled for each further one up to 30. */
  retryDelaySeconds: number;
}

/** Spreads requests over the endpoints of one model. */
export interface Pool<Endpoint> {
  /** Requests that can run at a time. */
  readonly places: number;
  /**
   * Runs `ask` on an endpoint with a free place; where it fails in a way that may pass, on another one or later. Resolves with what
   * one of the tries gave. Throws ENDPOINT_FAILED with the last failure of each endpoint once a request has been tried `attempts`
   * times, or every endpoint has been found failing after as many rests in a row; or CANCELLED.
   */
  run<T>(ask: (endpoint: Endpoint, signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T>;
}

/** So often in a row an endpoint may fail before it is left alone for a while. */
const FAILURES_UNTIL_REST = 3;
/** Seconds: no server makes a run wait longer than this by asking to be asked later. */
const LONGEST_RETRY_AFTER = 600;

interface State<Endpoint> {
  endpoint: Endpoint;
  busy: number;
  failuresInRow: number;
  /** Rests in a row, after each of which it failed again. */
  rests: number;
  /** Milliseconds on the clock of performance.now(). */
  restsUntil: number;
  lastFailure: string;
}

interface Waiting<Endpoint> {
  last: State<Endpoint> | undefined;
  take: (state: State<Endpoint>) => void;
}

export function openPool<Endpoint extends { url: string }>(
  endpoints: readonly Endpoint[],
  { concurrency, attempts, retryDelaySeconds }: PoolOptions,
): Pool<Endpoint> {
  const states = endpoints.map((endpoint) => ({
    endpoint,
    busy: 0,
    failuresInRow: 0,
    rests: 0,
    restsUntil: 0,
    lastFailure: "",
  }));
  const waiting: Waiting<Endpoint>[] = [];
  let timer: NodeJS.Timeout | undefined;

  const isAwake = (state: State<Endpoint>): boolean => state.restsUntil <= performance.now();
  // After a rest one request tries the endpoint before the others follow.
  const isFree = (state: State<Endpoint>): boolean =>
    state.busy < (state.failuresInRow >= FAILURES_UNTIL_REST ? 1 : concurrency);

  const placeFor = (last: State<Endpoint> | undefined): State<Endpoint> | undefined => {
    const awake = states.filter(isAwake);
    const others = awake.filter((state) => state !== last);
    const free = (others.length > 0 ? others : awake).filter(isFree);
    return free.reduce<State<Endpoint> | undefined>(
      (best, state) => (best === undefined || state.busy < best.busy ? state : best),
      undefined,
    );
  };

  const dispatch = (): void => {
    for (let i = 0; i < waiting.length; ) {
      const next = waiting[i] as Waiting<Endpoint>;
      const state = placeFor(next.last);
      if (state === undefined) {
        i += 1;
        continue;
      }
      waiting.splice(i, 1);
      state.busy += 1;
      next.take(state);
    }
    clearTimeout(timer);
    const resting = states.filter((state) => !isAwake(state)).map((state) => state.restsUntil);
    if (waiting.length === 0 || resting.length === 0) return;
    timer = setTimeout(dispatch, Math.max(1, Math.min(...resting) - performance.now()));
  };

  const place = (last: State<Endpoint> | undefined, signal: AbortSignal): Promise<State<Endpoint>> =>
    new Promise((resolve, reject) => {
      const onAbort = (): void => {
        waiting.splice(waiting.indexOf(entry), 1);
        if (waiting.length === 0) clearTimeout(timer);
        reject(cancelled());
      };
      const entry: Waiting<Endpoint> = {
        last,
        take(state) {
          signal.removeEventListener("abort", onAbort);
          resolve(state);
        },
      };
      signal.addEventListener("abort", onAbort, { once: true });
      waiting.push(entry);
      dispatch();
    });

  /** Notes a failure. Those of requests that were under way when a rest began tell nothing that is not known. */
  const fail = (state: State<Endpoint>, failure: EndpointFailure, restsAtStart: number): void => {
    state.lastFailure = failure.what;
    if (restsAtStart === state.rests) {
      state.failuresInRow += 1;
      if (state.failuresInRow >= FAILURES_UNTIL_REST) {
        state.rests += 1;
        sleepFor(state, pause(retryDelaySeconds, state.rests));
      }
    }
    sleepFor(state, Math.min(failure.retryAfter ?? 0, LONGEST_RETRY_AFTER));
  };

  return {
    places: states.length * concurrency,
    async run(ask, signal) {
      const failures = new Map<string, string>();
      let last: State<Endpoint> | undefined;
      for (let attempt = 1; ; attempt++) {
        if (signal.aborted) throw cancelled();
        const state = await place(last, signal);
        const { rests } = state;
        try {
          const value = await ask(state.endpoint, signal);
          state.failuresInRow = 0;
          state.rests = 0;
          return value;
        } catch (error) {
          if (!(error instanceof EndpointFailure)) throw error;
          if (error.kind !== "again") throw failed(state.endpoint.url, error);
          failures.set(state.endpoint.url, error.what);
          fail(state, error, rests);
          last = state;
        } finally {
          state.busy -= 1;
          dispatch();
        }
        if (attempt === attempts) throw exhausted(`A request failed after ${tries(attempts)}`, [...failures]);
        if (states.every((each) => each.rests >= attempts)) {
          throw exhausted(
            "All endpoints keep failing",
            states.map(({ endpoint, lastFailure }) => [endpoint.url, lastFailure]),
          );
        }
        if (states.every((each) => failures.has(each.endpoint.url))) {
          await wait(pause(retryDelaySeconds, attempt), signal);
        }
      }
    },
  };
}

function sleepFor(state: { restsUntil: number }, seconds: number): void {
  state.restsUntil = Math.max(state.restsUntil, performance.now() + seconds * 1000);
}

function tries(attempts: number): string {
  return attempts === 1 ? "1 try" : `${attempts} tries`;
}

function exhausted(what: string, failures: readonly (readonly [url: string, did: string])[]): TelltaleError {
  const each = failures.map(([url, did]) => `${quoted(url)} ${did}`).join("; ");
  const advice = "Check that the servers run, then go on: what was finished is kept.";
  return new TelltaleError("ENDPOINT_FAILED", `${what}: ${each}. ${advice}`);
}
