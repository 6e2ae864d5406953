import type { LocalEngine, LocalFacts } from "../engine/engine.js";
import type { GgufHeader } from "../engine/gguf/types.js";
import { openHostEngines } from "../engine/host/engine.js";
import { openNativeEngines } from "../engine/native/engine.js";
import { type ErrorCode, TelltaleError } from "../errors.js";
import { ordinaryTokens } from "./made-up.js";
import { measure } from "./measure.js";
import { HEAD_TOKENS, PREFILL_TOKENS, type ResolvedBenchOptions } from "./options.js";
import type { PointPlan } from "./points.js";
import { lackOfMemory, roomOf } from "./room.js";
import type { Point } from "./schema.js";

/** What a point that asks too much fails with; the smaller ones before it stand. */
const TOO_MUCH: readonly ErrorCode[] = ["OUT_OF_MEMORY", "ENGINE_DIED", "ENGINE_FAILED"];

/** The models of a bench, and what is learnt about them with the first engines. */
export interface Models {
  headers: Record<Point["model"], GgufHeader | undefined>;
  /** Int32Array [n]: ids of ordinary tokens. */
  ordinary: Partial<Record<Point["model"], Int32Array>>;
  /** Of the first engine. */
  facts?: LocalFacts;
}

/** A point's measurement, or in sentences why it cannot be had. The first of all fails for good: nothing smaller can be tried. */
export async function attempt(plan: PointPlan, options: ResolvedBenchOptions, models: Models): Promise<Point | string> {
  const first = models.facts === undefined;
  const header = models.headers[plan.model];
  const contextSequence = HEAD_TOKENS + PREFILL_TOKENS + options.maxTokens;
  if (models.facts !== undefined && header !== undefined) {
    const { gpuLayers, mmap } = options.loading;
    const need = { contextSequence, gpuLayers, mmap };
    const lack = lackOfMemory(header, plan, roomOf(models.facts, options.loading), options.context.kvType, need);
    if (lack !== undefined) return lack;
  }
  try {
    const engine = await openFor(plan, contextSequence, options);
    try {
      const { [plan.model]: known } = models.ordinary;
      const ordinary = known ?? ordinaryTokens(await engine.vocabulary(), engine.facts.model.path);
      models.ordinary[plan.model] = ordinary;
      const point = await measure(engine, plan, ordinary, options);
      models.facts ??= engine.facts;
      return point;
    } finally {
      await engine.close();
    }
  } catch (error) {
    if (first || !(error instanceof TelltaleError) || !TOO_MUCH.includes(error.code)) throw error;
    return error.message;
  }
}

async function openFor(plan: PointPlan, contextSequence: number, options: ResolvedBenchOptions): Promise<LocalEngine> {
  const path = plan.model === "reference" ? (options.reference ?? options.model) : options.model;
  const { sequences, batch, head } = plan;
  const context = { ...options.context, sequences, batch, contextSequence, shareHead: head !== "repeated" };
  const [engine] = await (options.inProcess ? openNativeEngines : openHostEngines)({ ...options.loading, path }, [
    context,
  ]);
  if (engine === undefined) throw new TelltaleError("ENGINE_FAILED", `No engine was opened for ${path}.`);
  return engine;
}
