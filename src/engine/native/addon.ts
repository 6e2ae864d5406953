import { createRequire } from "node:module";
import type { DeviceFacts, JobProgress, ModelFacts, Vocabulary } from "../engine.js";
import { addonFailure, findAddon } from "./addon-file.js";

/** The whole border to C++: every function of native/addon.cpp and the classes it makes. */
export interface Addon {
  devices(libraries: string[], backends: string, release: string): DeviceFacts[];
  loadModel(options: NativeModelOptions): Promise<NativeModel>;
  /** Sends llama.cpp's log to stderr as well as to the ring kept for error messages. */
  echoLog(on: boolean): void;
  /** Cancels every job of this process and waits for it; their promises stay open. */
  stopJobs(): void;
  /** For tests and benches: log p(target) of one row by the named kernel; null where the processor lacks it. */
  rowLogprob(kernel: string, row: Float32Array, target: number): number | null;
  /** For tests and benches: the token chosen from one row, greedily (sampling null) or with u in [0, 1). */
  rowChoice(kernel: string, row: Float32Array, u: number, sampling: NativeSampling | null): number | null;
  /** For tests: threads after each of n decodes, given as [wall seconds, processor seconds, preemptions] each. */
  governThreads(most: number, decodes: Float64Array): Uint32Array;
  /** For tests: the micro-batches for items of these lengths. */
  planScoring(lengths: Uint32Array, nUbatch: number, nSequences: number): NativePlan;
}

export interface NativeModelOptions {
  libraries: string[];
  backends: string;
  release: string;
  path: string;
  gpuLayers: number;
  /** Names; null: all that there are; none: the processor only. */
  devices: string[] | null;
  /** One share a device, or none at all. */
  tensorSplit: number[];
  mmap: boolean;
  checkTensors: boolean;
  /** Weights are not read; no context can be made then. */
  vocabularyOnly: boolean;
}

export interface NativeModel {
  /** llama.cpp's log of the loading. */
  readonly log: string[];
  facts(): Omit<ModelFacts, "path">;
  tokenize(text: Uint8Array, addSpecial: boolean, parseSpecial: boolean): Int32Array;
  vocabulary(): Vocabulary;
  createContext(options: NativeContextOptions): Promise<NativeContext>;
  close(): void;
}

export interface NativeContextOptions {
  sequences: number;
  contextSequence: number;
  batch: number;
  threads: number;
  kvTypeK: string;
  kvTypeV: string;
  flashAttention: string;
  shareHead: boolean;
  reduction: string;
  reductionTolerance: number;
  adapters: { path: string; scale: number }[];
}

export interface NativeContext {
  /** llama.cpp's log of the making. */
  readonly log: string[];
  facts(): NativeContextFacts;
  generate(request: NativeGenerateRequest, onBatch: (batch: NativeCompletions) => void): Promise<void>;
  score(request: NativeScoreRequest, onBatch: (batch: NativeScores) => void): Promise<void>;
  /** Of the running or the last job. */
  progress(): Omit<JobProgress, "itemsTotal">;
  cancel(): void;
  close(): void;
}

export interface NativeContextFacts {
  nCtx: number;
  nCtxSequence: number;
  nBatch: number;
  nUbatch: number;
  nSequences: number;
  threads: number;
  kernel: string;
  reduction: "host" | "device";
  reductionNotice: string | null;
}

export interface NativeGenerateRequest {
  head: Int32Array;
  /** All prefills one after the other, and the length of each. */
  prefillTokens: Int32Array;
  prefillLengths: Uint32Array;
  maxTokens: number;
  samples: number;
  sampling: NativeSampling | null;
  firstPrefill: number;
}

export interface NativeSampling {
  temperature: number;
  topK: number;
  topP: number;
  minP: number;
  seed: number;
}

/** Flat arrays, one entry a completion; its tokens and log-probabilities one after the other. */
export interface NativeCompletions {
  prefills: Uint32Array;
  samples: Uint32Array;
  lengths: Uint32Array;
  tokens: Int32Array;
  logprobs: Float32Array;
  endOfGeneration: Uint8Array;
}

export interface NativeScoreRequest {
  head: Int32Array;
  contextTokens: Int32Array;
  contextLengths: Uint32Array;
  targetTokens: Int32Array;
  targetLengths: Uint32Array;
  top: boolean;
}

/** Flat arrays, one entry an item. */
export interface NativeScores {
  items: Uint32Array;
  lengths: Uint32Array;
  logprobs: Float32Array;
  /** One entry more an item than its length; empty where they were not asked for. */
  topTokens: Int32Array;
  topLogprobs: Float32Array;
}

export interface NativePlan {
  order: Uint32Array;
  first: Uint32Array;
  count: Uint32Array;
  tokens: Uint32Array;
}

let loaded: Addon | undefined;

/** The compiled addon. Throws NO_LIBRARY with the causes and what to do about each. */
export function loadAddon(): Addon {
  if (loaded !== undefined) return loaded;
  const found = findAddon();
  try {
    const addon = createRequire(import.meta.url)(found.file) as Addon;
    // process.exit() and an uncaught error destroy llama.cpp's statics, which no thread may be using then.
    process.once("exit", () => addon.stopJobs());
    loaded = addon;
    return loaded;
  } catch (cause) {
    throw addonFailure(found, cause as Error);
  }
}
