import type { LocalEngine, LocalFacts, TokenizeOptions, Vocabulary } from "../engine/engine.js";
import type { OpenOptions } from "../engine/options.js";
import { TelltaleError } from "../errors.js";
import { type Batcher, createBatcher } from "./batcher.js";
import { type EngineKeeper, keepEngine } from "./engine-keeper.js";
import type { OnServerEvent } from "./events.js";
import { createModelMetrics, type ModelMetrics } from "./metrics.js";
import type { ResolvedServerOptions } from "./options.js";
import { createTokenStrings, type TokenStrings } from "./token-strings.js";

/** A model that clients can ask for. */
export interface ServedModel {
  readonly id: string;
  readonly facts: LocalFacts;
  /** Unix seconds at which it was opened. */
  readonly created: number;
  readonly vocabulary: Vocabulary;
  readonly strings: TokenStrings;
  readonly batcher: Batcher;
  readonly metrics: ModelMetrics;
  /** Int32Array each. */
  tokenize(texts: readonly string[], options: TokenizeOptions): Promise<Int32Array[]>;
  close(): Promise<void>;
}

/** Opens one of the models of a server. */
export async function openServedModel(
  { id, path, adapters }: ResolvedServerOptions["models"][number],
  { model, context, inProcess, sharePrefixes, limits }: ResolvedServerOptions,
  onEvent: OnServerEvent,
  openOptions: OpenOptions,
): Promise<ServedModel> {
  const metrics = createModelMetrics();
  const keeper = await keepEngine(
    {
      id,
      model: { ...model, path },
      context: { ...context, adapters },
      inProcess,
      mostDeaths: limits.engineDeaths,
      onOpened: (facts, again) => onEvent({ type: "opened", model: id, facts, again }),
      onFailed: (error, died) => {
        if (died) metrics.engineEnded();
        onEvent({ type: "failed", model: id, error });
      },
    },
    openOptions,
  );
  const vocabulary = await (await keeper.open()).vocabulary();
  const batcher = createBatcher({
    engine: () => keeper.open(),
    failed: (engine, error) => keeper.failed(engine, error),
    metrics,
    share: sharePrefixes,
  });
  return {
    id,
    facts: keeper.facts,
    created: Math.floor(Date.now() / 1000),
    vocabulary,
    strings: createTokenStrings(vocabulary),
    batcher,
    metrics,
    tokenize: (texts, options) => withEngine(keeper, (engine) => engine.tokenize(texts, options)),
    close: () => keeper.close(),
  };
}

/** An engine that had died before it was asked is opened again, once. */
async function withEngine<T>(keeper: EngineKeeper, run: (engine: LocalEngine) => Promise<T>): Promise<T> {
  for (let last = false; ; last = true) {
    const engine = await keeper.open();
    try {
      return await run(engine);
    } catch (error) {
      await keeper.failed(engine, error);
      if (last || !(error instanceof TelltaleError && error.code === "ENGINE_DIED")) throw error;
    }
  }
}
