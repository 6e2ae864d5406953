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
   * one of the tries gave. Throws ENDPOINT_FAILED with the last failure of each endpoint, or CANCELLED.
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
  /** Milliseconds on the clock of performance.now(). */
  restsUntil: number;
}

interface Waiting<Endpoint> {
  last: State<Endpoint> | undefined;
  take: (state: State<Endpoint>) => void;
}

export function openPool<Endpoint extends { url: string }>(
  endpoints: readonly Endpoint[],
  { concurrency, attempts, retryDelaySeconds }: PoolOptions,
): Pool<Endpoint> {
  const states = endpoints.map((endpoint) => ({ endpoint, busy: 0, failuresInRow: 0, restsUntil: 0 }));
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

  const rest = (state: State<Endpoint>, failure: EndpointFailure): void => {
    state.failuresInRow += 1;
    const tooMany = state.failuresInRow >= FAILURES_UNTIL_REST;
    const own = tooMany ? pause(retryDelaySeconds, state.failuresInRow - FAILURES_UNTIL_REST + 1) : 0;
    const asked = Math.min(failure.retryAfter ?? 0, LONGEST_RETRY_AFTER);
    state.restsUntil = Math.max(state.restsUntil, performance.now() + Math.max(own, asked) * 1000);
  };

  return {
    places: states.length * concurrency,
    async run(ask, signal) {
      const failures = new Map<string, string>();
      let last: State<Endpoint> | undefined;
      for (let attempt = 1; ; attempt++) {
        if (signal.aborted) throw cancelled();
        const state = await place(last, signal);
        try {
          const value = await ask(state.endpoint, signal);
          state.failuresInRow = 0;
          return value;
        } catch (error) {
          if (!(error instanceof EndpointFailure)) throw error;
          if (error.kind !== "again") throw failed(state.endpoint.url, error);
          failures.set(state.endpoint.url, error.what);
          rest(state, error);
          last = state;
        } finally {
          state.busy -= 1;
          dispatch();
        }
        if (attempt === attempts) throw exhausted(attempts, failures);
        if (states.every((each) => failures.has(each.endpoint.url))) {
          await wait(pause(retryDelaySeconds, attempt), signal);
        }
      }
    },
  };
}

function exhausted(attempts: number, failures: ReadonlyMap<string, string>): TelltaleError {
  const each = [...failures].map(([url, what]) => `${quoted(url)} ${what}`).join("; ");
  const tries = attempts === 1 ? "1 try" : `${attempts} tries`;
  const advice = "Check that the servers run, then go on: what was finished is kept.";
  return new TelltaleError("ENDPOINT_FAILED", `A request failed after ${tries}: ${each}. ${advice}`);
}
