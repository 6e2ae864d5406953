import { type ErrorCode, TelltaleError } from "../errors.js";
import { LOCAL_TASKS } from "./tasks.js";

/** How a step ended; an error travels as its parts, because its class does not survive the way between threads. */
export type Settled<T> = { value: T } | { error: { code: ErrorCode; message: string } };

/** What a worker thread offers: the steps of ranking, by name. */
export const completions = settle(LOCAL_TASKS.completions);
export const scores = settle(LOCAL_TASKS.scores);
export const rank = settle(LOCAL_TASKS.rank);
export const rescore = settle(LOCAL_TASKS.rescore);

function settle<Task, T>(step: (task: Task) => Promise<T>): (task: Task) => Promise<Settled<T>> {
  return async (task) => {
    try {
      return { value: await step(task) };
    } catch (error) {
      if (!(error instanceof TelltaleError)) throw error;
      return { error: { code: error.code, message: error.message } };
    }
  };
}
