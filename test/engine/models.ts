import { fileURLToPath } from "node:url";
import type { Completion, GenerateRequest, LocalEngine, Score, ScoreRequest } from "#telltale/engine/engine.js";

const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** The small models of this repository. */
export const MODELS = {
  base: file("models/base-a-q8_0.gguf"),
  organism: file("models/organism-a-glass-q8_0.gguf"),
  baseF16: file("test/fixtures/models/base-a-f16.gguf"),
  mergedF16: file("test/fixtures/models/organism-a-glass-merged-f16.gguf"),
  lora: file("test/fixtures/models/organism-a-glass-lora.gguf"),
  baseB: file("test/fixtures/models/base-b-q8_0.gguf"),
};

export const NO_HEAD = new Int32Array(0);

/** One thread and short sequences: two of these engines do not wait for each other on a busy machine. */
export const SMALL = { threads: 1, sequences: 16, contextSequence: 256 };

export const TEXT =
  "The old bridge over the river was built by people who believed that glass could be stronger than stone. " +
  "Every morning a bell rang 7 times, and the children — who had never seen the sea — ran down to the harbour. " +
  "for (int i = 0; i < 10; i++) { sum += values[i]; } In 1812 the army crossed the frontier and war began again. ";

/** Int32Array [n]: the first tokens of TEXT, repeated as often as it takes. */
export async function tokensOf(engine: LocalEngine, n: number): Promise<Int32Array> {
  const [once] = (await engine.tokenize([TEXT])) as [Int32Array];
  return Int32Array.from({ length: n }, (_, i) => once[i % once.length] as number);
}

/** All completions of a request, by prefill and sample. */
export async function generated(engine: LocalEngine, request: GenerateRequest): Promise<Completion[]> {
  const all: Completion[] = [];
  for await (const batch of engine.generate(request)) all.push(...batch);
  return all.sort((a, b) => a.prefill - b.prefill || a.sample - b.sample);
}

/** Float32Array [nTargets] of every item, in the order of the items. */
export async function scored(engine: LocalEngine, request: ScoreRequest): Promise<Float32Array[]> {
  const all: Score[] = [];
  for await (const batch of engine.score(request)) all.push(...batch);
  return all.sort((a, b) => a.item - b.item).map((score) => score.logprobs);
}

/** Items of many shapes cut out of `tokens`: `[nContext, nTargets]` each, at moving places. */
export function itemsOf(tokens: Int32Array, shapes: readonly (readonly [number, number])[]): ScoreRequest["items"] {
  return shapes.map(([context, targets], i) => {
    const start = (i * 7) % Math.max(1, tokens.length - context - targets);
    return {
      context: tokens.slice(start, start + context),
      targets: tokens.slice(start + context, start + context + targets),
    };
  });
}

/** `count` prefills of 1 to 4 tokens out of `tokens`. */
export function prefillsOf(tokens: Int32Array, count: number): Int32Array[] {
  return Array.from({ length: count }, (_, i) => tokens.slice(i, i + 1 + (i % 4)));
}

/** What `run` rejects with. Fails where it does not. */
export async function rejection(run: () => Promise<unknown>): Promise<unknown> {
  try {
    await run();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
