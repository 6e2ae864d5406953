import { type Addon, loadAddon, type NativeContext, type NativeModel } from "#telltale/engine/native/addon.js";
import { findLibrary } from "#telltale/engine/native/library.js";
import { MODELS } from "../models.js";

const library = findLibrary("cpu");

export const LOAD = {
  libraries: library.libraries,
  backends: library.backends,
  release: library.release,
  path: MODELS.base,
  gpuLayers: 0,
  devices: null,
  tensorSplit: [],
  mmap: true,
  checkTensors: false,
  vocabularyOnly: false,
};

export const CONTEXT = {
  sequences: 4,
  contextSequence: 256,
  batch: 128,
  threads: 1,
  kvTypeK: "f16",
  kvTypeV: "f16",
  flashAttention: "auto",
  shareHead: true,
  reduction: "auto",
  reductionTolerance: 1e-4,
  adapters: [],
};

export const SAMPLING = { temperature: 1, topK: 0, topP: 1, minP: 0, seed: 0 };

/** `prefills` completions of `maxTokens` tokens: with many of both a job that nobody waits for. */
export function generateRequest(prefills = 1, maxTokens = 2) {
  return {
    head: Int32Array.of(1),
    prefillTokens: Int32Array.from({ length: prefills }, (_, i) => i % 4096),
    prefillLengths: new Uint32Array(prefills).fill(1),
    maxTokens,
    samples: 1,
    sampling: SAMPLING,
    firstPrefill: 0,
  };
}

export function scoreRequest(items = 1) {
  const ones = new Uint32Array(items).fill(1);
  const tokens = Int32Array.from({ length: items }, (_, i) => i % 4096);
  return {
    head: Int32Array.of(1),
    contextTokens: tokens,
    contextLengths: ones,
    targetTokens: tokens,
    targetLengths: ones,
  };
}

export const ignore = (): void => {};

export interface Natives {
  addon: Addon;
  model: NativeModel;
  context: NativeContext;
}

export async function openNatives(): Promise<Natives> {
  const addon = loadAddon();
  addon.devices(LOAD.libraries, LOAD.backends, LOAD.release);
  const model = await addon.loadModel(LOAD);
  return { addon, model, context: await model.createContext(CONTEXT) };
}
