import { CONTEXT, generateRequest, ignore, LOAD, type Natives, SAMPLING, scoreRequest } from "./entries.js";

/** Whether a value is of the kind an argument is. */
export type Accepts = (value: unknown) => boolean;
const isNumber = (low: number, high: number): Accepts => {
  return (value) => typeof value === "number" && value >= low && value <= high;
};
const isInteger = (low: number, high: number): Accepts => {
  return (value) => Number.isInteger(value) && isNumber(low, high)(value);
};
const isBoolean: Accepts = (value) => typeof value === "boolean";
const isText: Accepts = (value) => typeof value === "string" && !value.includes("\0");
const isTexts: Accepts = (value) => Array.isArray(value) && value.length < 1e6 && value.every(isText);
const isArray = (array: { new (): ArrayBufferView }): Accepts => {
  return (value) => value instanceof array && !isDetached(value) && !isProxy(value);
};
const isDetached = (value: ArrayBufferView): boolean => {
  try {
    new Uint8Array(value.buffer);
    return false;
  } catch {
    return true;
  }
};
// A proxy of a typed array has its prototype but not its memory.
const isProxy = (value: unknown): boolean => !ArrayBuffer.isView(value);
const orNull = (accepts: Accepts): Accepts => {
  return (value) => value === null || accepts(value);
};

type Properties = Record<string, Accepts> & { [WHOLE]?: Accepts };

/** Of an object, what else it may be altogether. */
export const WHOLE = Symbol("whole");

/** A function of the border: arguments that are right, and of what kind each has to be; of an object, each property. */
export type Row = [
  name: string,
  call: (...given: unknown[]) => unknown,
  valid: () => unknown[],
  accepts: (Accepts | Properties)[],
];

const INT32S = isArray(Int32Array);
const UINT32S = isArray(Uint32Array);
const isNull: Accepts = (value) => value === null;
const sampling = {
  [WHOLE]: isNull,
  temperature: isNumber(1e-3, 1e3),
  topK: isInteger(0, 2 ** 31 - 1),
  topP: isNumber(1e-6, 1),
  minP: isNumber(0, 1),
  seed: isInteger(0, Number.MAX_SAFE_INTEGER),
};

/** Every function of the border. */
export function entryTable(natives: () => Natives): Row[] {
  const call =
    (of: keyof Natives, method: string) =>
    (...given: unknown[]) =>
      (natives()[of] as unknown as Record<string, (...given: unknown[]) => unknown>)[method]?.(...given);
  return [
    [
      "devices",
      call("addon", "devices"),
      () => [LOAD.libraries, LOAD.backends, LOAD.release],
      [isTexts, isText, isText],
    ],
    [
      "loadModel",
      call("addon", "loadModel"),
      () => [LOAD],
      [
        {
          libraries: isTexts,
          backends: isText,
          release: isText,
          path: isText,
          gpuLayers: isInteger(-1, 10_000),
          devices: orNull(isTexts),
          tensorSplit: (value: unknown) => Array.isArray(value) && value.length < 1e6 && value.every(isNumber(0, 1e6)),
          mmap: isBoolean,
          checkTensors: isBoolean,
          vocabularyOnly: isBoolean,
        },
      ],
    ],
    [
      "echoLog",
      (on) => {
        natives().addon.echoLog(on as boolean);
        natives().addon.echoLog(false);
      },
      () => [false],
      [isBoolean],
    ],
    [
      "rowLogprob",
      call("addon", "rowLogprob"),
      () => ["plain", Float32Array.of(0, 1), 1],
      [isText, isArray(Float32Array), isInteger(0, 1)],
    ],
    [
      "rowChoice",
      call("addon", "rowChoice"),
      () => ["plain", Float32Array.of(0, 1), 0.5, SAMPLING],
      [isText, isArray(Float32Array), (value: unknown) => typeof value === "number" && value >= 0 && value < 1, isNull],
    ],
    [
      "rowChoice's sampling",
      (given) => call("addon", "rowChoice")("plain", Float32Array.of(0, 1), 0.5, given),
      () => [SAMPLING],
      [sampling],
    ],
    [
      "governThreads",
      call("addon", "governThreads"),
      () => [2, Float64Array.of(1, 1, 0)],
      [isInteger(1, 512), () => false],
    ],
    [
      "planScoring",
      call("addon", "planScoring"),
      () => [Uint32Array.of(3, 4), 128, 4],
      [() => false, isInteger(1, 2 ** 20), isInteger(1, 2 ** 20)],
    ],
    [
      "tokenize",
      call("model", "tokenize"),
      () => [new TextEncoder().encode("text"), false, false],
      [isArray(Uint8Array), isBoolean, isBoolean],
    ],
    [
      "createContext",
      call("model", "createContext"),
      () => [CONTEXT],
      [
        {
          sequences: isInteger(1, 256),
          contextSequence: isInteger(1, 2 ** 24),
          batch: isInteger(1, 2 ** 20),
          threads: isInteger(1, 512),
          kvTypeK: () => false,
          kvTypeV: () => false,
          flashAttention: () => false,
          shareHead: isBoolean,
          reduction: () => false,
          reductionTolerance: isNumber(0, 1),
          adapters: (value: unknown) => Array.isArray(value) && value.length === 0,
        },
      ],
    ],
    [
      "an adapter",
      (adapter) => call("model", "createContext")({ ...CONTEXT, adapters: [adapter] }),
      () => [{ path: "no-such.gguf", scale: 1 }],
      [{ path: isText, scale: isNumber(-1000, 1000) }],
    ],
    [
      "generate",
      call("context", "generate"),
      () => [generateRequest(), ignore],
      [
        {
          head: INT32S,
          prefillTokens: INT32S,
          prefillLengths: UINT32S,
          maxTokens: isInteger(1, 2 ** 24),
          samples: isInteger(1, 2 ** 16),
          sampling: isNull,
          firstPrefill: isInteger(0, Number.MAX_SAFE_INTEGER),
        },
        (value: unknown) => typeof value === "function",
      ],
    ],
    [
      "generate's sampling",
      (given) => call("context", "generate")({ ...generateRequest(), sampling: given }, ignore),
      () => [SAMPLING],
      [sampling],
    ],
    [
      "score",
      call("context", "score"),
      () => [scoreRequest(), ignore],
      [
        { head: INT32S, contextTokens: INT32S, contextLengths: UINT32S, targetTokens: INT32S, targetLengths: UINT32S },
        (value: unknown) => typeof value === "function",
      ],
    ],
  ];
}
