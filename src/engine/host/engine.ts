import { TelltaleError } from "../../errors.js";
import type { Completion, JobOptions, LocalEngine, LocalFacts, Score } from "../engine.js";
import { cancelled, type RunningJob, streamJob } from "../job.js";
import { ContextOptions, ModelOptions, type OpenOptions, resolveOptions } from "../options.js";
import { type EngineProcess, startEngineProcess } from "./process.js";
import type { OpenResult, Request } from "./protocol.js";
import { hostTokenizing } from "./tokenizer.js";

/**
 * Opens a model in a child process of its own: one set of weights, one engine for each entry of `contexts`.
 * A model file is untrusted: whatever it does to llama.cpp ends the child, and here becomes ENGINE_DIED.
 */
export async function openHostEngines(
  model: ModelOptions,
  contexts: readonly ContextOptions[] = [{}],
  { signal }: OpenOptions = {},
): Promise<LocalEngine[]> {
  const options = resolveOptions(ModelOptions, model, "model options");
  const wanted = contexts.map((context) => resolveOptions(ContextOptions, context, "context options"));
  if (signal?.aborted) throw cancelled();
  const child = startEngineProcess(options.path);
  const onAbort = (): void => void child.end();
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    const facts = (await child.call({ call: "open", model: options, contexts: wanted }).done) as OpenResult;
    let open = facts.length;
    return facts.map((each, index) =>
      hostEngine(child, index, each, async () => {
        open -= 1;
        if (open === 0) await child.end();
      }),
    );
  } catch (error) {
    await child.end();
    throw signal?.aborted ? cancelled() : error;
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

function hostEngine(
  child: EngineProcess,
  engine: number,
  facts: LocalFacts,
  onClosed: () => Promise<void>,
): LocalEngine {
  let closed = false;
  const running = new Set<Promise<unknown>>();
  const call = async <T>(request: Request): Promise<T> => {
    requireOpen();
    return (await child.call(request).done) as T;
  };
  const requireOpen = (): void => {
    if (!closed) return;
    const path = facts.model.path;
    throw new TelltaleError("ENGINE_UNAVAILABLE", `The engine of ${path} is closed.`, { model: path });
  };
  const job = <Item>(request: Request, options: JobOptions = {}): AsyncGenerator<Item[], void, void> => {
    requireOpen();
    const start = (onBatch: (batch: Item[]) => void): RunningJob => {
      const { done, cancel } = child.call(request, {
        onBatch: onBatch as (batch: unknown[]) => void,
        onProgress: options.onProgress,
      });
      running.add(done);
      const ended = (): unknown => running.delete(done);
      done.then(ended, ended);
      return { done: done as Promise<void>, cancel };
    };
    return streamJob(start, options);
  };
  return {
    facts,
    ...hostTokenizing(call, engine),
    peakMemory: () => call<number>({ call: "peakMemory", engine }),
    generate: (request, options) => job<Completion>({ call: "generate", engine, request }, options),
    score: (request, options) => job<Score>({ call: "score", engine, request }, options),
    async close() {
      if (closed) return;
      closed = true;
      await child.call({ call: "close", engine }).done.catch(() => {});
      // The child's answer to a cancelled job may come after that to "close"; its death must not come between.
      await Promise.allSettled(running);
      await onClosed();
    },
  };
}
