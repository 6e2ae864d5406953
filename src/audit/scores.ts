import type { Engine, JobOptions } from "../engine/engine.js";
import { encodeFloat32 } from "../journal/float32.js";
import type { CompletionRecord, ScoreRecord } from "../journal/records.js";

/**
 * Log-probabilities of completions under one model: every token of each, the end-of-generation token included, after the
 * head and the prefill. Both models go this same path, so a model against itself differs by exactly 0.
 */
export async function* scoreCompletions(
  engine: Engine,
  head: Int32Array,
  records: readonly CompletionRecord[],
  job: JobOptions,
): AsyncGenerator<ScoreRecord[], void, void> {
  const items = records.map((record) => ({
    context: Int32Array.from(record.prefill),
    targets: Int32Array.from(record.completion),
  }));
  for await (const batch of engine.score({ head, items }, job)) {
    yield batch.map(({ item, logprobs }) => ({
      id: (records[item] as CompletionRecord).id,
      logprobs: encodeFloat32(logprobs),
    }));
  }
}

/** Groups a stream into arrays of at most `size`. */
export async function* inChunks<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<T[], void, void> {
  let chunk: T[] = [];
  for await (const item of items) {
    chunk.push(item);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
