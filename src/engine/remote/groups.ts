import { setMaxListeners } from "node:events";
import type { JobOptions } from "../engine.js";
import { noWork, streamJob } from "../job.js";

export interface GroupJob<Group, Result> {
  groups: readonly Group[];
  /** Groups that are worked on at a time. */
  places: number;
  itemsTotal: number;
  /** Results of one group; called once for each. Throws what ends the job. */
  work: (group: Group, signal: AbortSignal) => Promise<Result[]>;
  /** Tokens that a result stands for, for the progress. */
  tokensOf: (result: Result) => number;
}

/** Works on many groups at a time and yields each group's results as they come. The first failure ends all of it. */
export function streamGroups<Group, Result>(
  { groups, places, itemsTotal, work, tokensOf }: GroupJob<Group, Result>,
  options: JobOptions = {},
): AsyncGenerator<Result[], void, void> {
  const progress = { itemsDone: 0, itemsTotal, tokensDone: 0, work: noWork() };
  return streamJob<Result[]>((onBatch) => {
    const ending = new AbortController();
    // Every request under way listens to it: many are no leak.
    setMaxListeners(0, ending.signal);
    let next = 0;
    const runner = async (): Promise<void> => {
      while (next < groups.length && !ending.signal.aborted) {
        const group = groups[next++] as Group;
        const results = await work(group, ending.signal);
        if (ending.signal.aborted) return;
        progress.itemsDone += results.length;
        progress.tokensDone += results.reduce((sum, result) => sum + tokensOf(result), 0);
        if (results.length > 0) onBatch(results);
      }
    };
    const run = async (): Promise<void> => {
      let failure: unknown;
      const guarded = async (): Promise<void> => {
        try {
          await runner();
        } catch (error) {
          if (!ending.signal.aborted) failure = error;
          ending.abort();
        }
      };
      await Promise.all(Array.from({ length: Math.min(places, groups.length) }, guarded));
      if (failure !== undefined) throw failure;
    };
    return { done: run(), cancel: () => ending.abort(), progress: () => ({ ...progress }) };
  }, options);
}

/** `items` cut into pieces of at most `size`, in order. */
export function piecesOf<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}
