import type { JobWork, LocalEngine } from "#telltale/engine/engine.js";
import { openHostEngines } from "#telltale/engine/host/engine.js";
import { openNativeEngines } from "#telltale/engine/native/engine.js";
import { type Job, randomSequences, tokensOf, warmUp } from "../job.js";
import type { Sample } from "../rounds.js";

export interface TelltaleOptions {
  /** In a child process, as by default in an audit. */
  host?: boolean;
  /** Without the job that meets every buffer first, where the rival has none either. */
  cold?: boolean;
}

/** Does the job through the public Engine. */
export async function telltaleTurn({ host = false, cold = false }: TelltaleOptions, job: Job): Promise<Sample> {
  const { model, threads, sequences, contextSequence, batch } = job;
  const open = host ? openHostEngines : openNativeEngines;
  const [engine] = await open({ path: model }, [{ threads, sequences, contextSequence, batch }]);
  if (engine === undefined) throw new Error("No engine was opened.");
  if (!cold) await doJob(engine, warmUp(job));
  const sample = await doJob(engine, job);
  const peakBytes = await engine.peakMemory();
  await engine.close();
  return { ...sample, peakBytes };
}

async function doJob(engine: LocalEngine, job: Job): Promise<Sample> {
  const { work } = job;
  const vocabulary = engine.facts.model.vocabularySize;
  let tokens = 0;
  let spent: JobWork | undefined;
  const onProgress = (progress: { work: JobWork }): void => {
    spent = progress.work;
  };
  let started: number;
  if (work.kind === "generate") {
    const [head = new Int32Array(0), ...prefills] = randomSequences(vocabulary, [
      work.head,
      ...new Array<number>(work.completions).fill(work.prefill),
    ]);
    started = performance.now();
    const completions = engine.generate({ head, prefills, maxTokens: work.maxTokens }, { onProgress });
    for await (const some of completions) for (const each of some) tokens += each.logprobs.length;
  } else {
    const sequences = randomSequences(
      vocabulary,
      work.targets.map((targets) => work.context + targets),
    );
    const items = sequences.map((ids) => ({
      context: ids.subarray(0, work.context),
      targets: ids.subarray(work.context),
    }));
    started = performance.now();
    const scores = engine.score({ head: new Int32Array(0), items, top: work.top ?? false }, { onProgress });
    for await (const some of scores) for (const each of some) tokens += each.logprobs.length;
  }
  const seconds = (performance.now() - started) / 1000;
  if (tokens !== tokensOf(job)) throw new Error(`Telltale did ${tokens} tokens instead of ${tokensOf(job)}.`);
  if (spent === undefined) throw new Error("The engine told nothing of its work.");
  return { tokens, seconds, parts: { "in llama_decode": { tokens, seconds: spent.decodeSeconds } } };
}
