import { TelltaleError } from "../../errors.js";
import type { Completion, LibraryFacts, LocalEngine, LocalFacts, Score } from "../engine.js";
import { checkAdapterFile } from "../gguf/adapter-check.js";
import { checkModelFile } from "../gguf/check.js";
import { cancelled, type RunningJob, streamJob } from "../job.js";
import { tellLlamaLog } from "../llama-log.js";
import { ContextOptions, ModelOptions, type OpenOptions, resolveOptions } from "../options.js";
import { peakMemory } from "../peak-memory.js";
import { nativeGenerateRequest, nativeScoreRequest } from "../requests.js";
import { loadAddon, type NativeCompletions, type NativeContext, type NativeModel, type NativeScores } from "./addon.js";
import { namingBrokenWeights } from "./broken-weights.js";
import { chooseDevices } from "./devices.js";
import { contextFacts } from "./facts.js";
import { backendFor, findLibrary, openLibrary } from "./library.js";
import { resolveGpu } from "./probe.js";
import { nativeTokenizing } from "./tokenizer.js";
import { translated } from "./translated.js";

/**
 * Opens a model in this process: one set of weights, one engine for each entry of `contexts`.
 * A broken file can end the process inside llama.cpp; openHostEngines keeps that in a child.
 */
export async function openNativeEngines(
  model: ModelOptions,
  contexts: readonly ContextOptions[] = [{}],
  { signal }: OpenOptions = {},
): Promise<LocalEngine[]> {
  const options = resolveOptions(ModelOptions, model, "model options");
  const wanted = contexts.map((context) => resolveOptions(ContextOptions, context, "context options"));
  const header = await checkModelFile(options.path);
  for (const adapter of wanted.flatMap((context) => context.adapters)) await checkAdapterFile(adapter.path, header);
  const { gpu } = await resolveGpu(options.gpu);
  const files = findLibrary(backendFor(gpu));
  const library = openLibrary(files, backendFor(gpu));
  const devices = chooseDevices(gpu, library.devices, options);
  const native = await translated("load", options.path, () =>
    loadAddon().loadModel({
      libraries: files.libraries,
      backends: files.backends,
      release: files.release,
      path: options.path,
      gpuLayers: gpu === "off" ? 0 : options.gpuLayers,
      devices,
      tensorSplit: options.tensorSplit ?? [],
      mmap: options.mmap,
      checkTensors: options.checkTensors,
      vocabularyOnly: false,
    }),
  ).catch((error: unknown) => {
    throw namingBrokenWeights(error);
  });
  tellLlamaLog(native.log);
  const engines: LocalEngine[] = [];
  let open = wanted.length; // the engines share the weights
  try {
    for (const context of wanted) {
      if (signal?.aborted) throw cancelled();
      const { kvType, ...rest } = context;
      const made = await translated("load", options.path, () =>
        native.createContext({ ...rest, kvTypeK: kvType, kvTypeV: kvType }),
      );
      tellLlamaLog(made.log);
      const facts: LocalFacts = {
        kind: "local",
        model: { path: options.path, ...native.facts() },
        context: contextFacts(made.facts(), native.log, made.log, context.adapters),
        library,
      };
      refuseSilentCpu(gpu, facts, options.gpuLayers, library);
      engines.push(
        nativeEngine(native, made, facts, () => {
          open -= 1;
          if (open === 0) native.close();
        }),
      );
    }
  } catch (error) {
    for (const engine of engines) await engine.close();
    native.close();
    throw error;
  }
  return engines;
}

function refuseSilentCpu(gpu: string, facts: LocalFacts, asked: number, library: LibraryFacts): void {
  if (gpu === "off" || asked === 0 || facts.context.gpuLayers > 0) return;
  const devices = library.devices.map((device) => device.name).join(", ");
  throw new TelltaleError("NO_BACKEND", `The ${gpu} backend took no layer of the model (devices: ${devices}).`);
}

function nativeEngine(
  model: NativeModel,
  context: NativeContext,
  facts: LocalFacts,
  onClosed: () => void,
): LocalEngine {
  let closed = false;
  let running: Promise<void> | undefined;
  const path = facts.model.path;
  const open = (): void => {
    if (closed) throw new TelltaleError("ENGINE_UNAVAILABLE", `The engine of ${path} is closed.`, { model: path });
  };
  const job = (phase: string, total: number, start: () => Promise<void>): RunningJob => {
    open();
    if (running !== undefined) {
      const sentence = `The engine of ${path} is busy with another job: wait for its end, or leave its loop.`;
      throw new TelltaleError("ENGINE_UNAVAILABLE", sentence, { phase, model: path });
    }
    const done = translated(phase, path, start).finally(() => {
      running = undefined;
    });
    running = done.catch(() => {});
    return {
      done,
      cancel: () => context.cancel(),
      progress: () => ({ ...context.progress(), itemsTotal: total }),
    };
  };
  return {
    facts,
    ...nativeTokenizing(model, path, open),
    async *generate(request, options) {
      const native = nativeGenerateRequest(request);
      const total = native.prefillLengths.length * native.samples;
      const start = (onBatch: (batch: NativeCompletions) => void): RunningJob =>
        job("generate", total, () => context.generate(native, onBatch));
      for await (const batch of streamJob(start, options)) yield completions(batch);
    },
    async *score(request, options) {
      const native = nativeScoreRequest(request);
      const start = (onBatch: (batch: NativeScores) => void): RunningJob =>
        job("score", native.targetLengths.length, () => context.score(native, onBatch));
      for await (const batch of streamJob(start, options)) yield scores(batch);
    },
    async peakMemory() {
      open();
      return peakMemory();
    },
    async close() {
      if (closed) return;
      closed = true;
      context.cancel();
      await running;
      context.close();
      onClosed();
    },
  };
}

function completions(batch: NativeCompletions): Completion[] {
  let offset = 0;
  return Array.from(batch.lengths, (length, i) => {
    const range = [offset, offset + length] as const;
    offset += length;
    return {
      prefill: batch.prefills[i] as number,
      sample: batch.samples[i] as number,
      tokens: batch.tokens.subarray(...range),
      logprobs: batch.logprobs.subarray(...range),
      stop: batch.endOfGeneration[i] === 1 ? "eog" : "maxTokens",
    };
  });
}

function scores(batch: NativeScores): Score[] {
  const top = batch.topTokens.length > 0;
  let offset = 0;
  return Array.from(batch.lengths, (length, i) => {
    const logprobs = batch.logprobs.subarray(offset, offset + length);
    const topRange = [offset + i, offset + i + length + 1] as const;
    offset += length;
    const score = { item: batch.items[i] as number, logprobs };
    if (!top) return score;
    return {
      ...score,
      top: { tokens: batch.topTokens.subarray(...topRange), logprobs: batch.topLogprobs.subarray(...topRange) },
    };
  });
}
