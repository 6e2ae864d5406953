import type { LocalEngine, LocalFacts } from "../engine/engine.js";
import { openHostEngines } from "../engine/host/engine.js";
import { openNativeEngines } from "../engine/native/engine.js";
import type { ContextOptions, ModelOptions, OpenOptions } from "../engine/options.js";
import { TelltaleError } from "../errors.js";
import { Refusal } from "./refusal.js";

/** Deaths of an engine are counted over so long. */
const WINDOW_MS = 600_000;

/** One model's engine, opened again after its death for who asks next. */
export interface EngineKeeper {
  readonly facts: LocalFacts;
  /** The engine, opened where it is not. Rejects with a Refusal (503) where it cannot be, or has died too often. */
  open(): Promise<LocalEngine>;
  /** Told of an error that an engine gave; one that has died is not handed out again. */
  failed(engine: LocalEngine, error: unknown): Promise<void>;
  close(): Promise<void>;
}

export interface KeeperOptions {
  id: string;
  model: ModelOptions;
  context: ContextOptions;
  inProcess: boolean;
  /** Deaths in ten minutes after which it stays closed for the rest of them. */
  mostDeaths: number;
  onOpened(facts: LocalFacts, again: boolean): void;
  onFailed(error: unknown, died: boolean): void;
}

/** Opens a model's engine. Rejects where that fails at the start. */
export async function keepEngine(options: KeeperOptions, { signal }: OpenOptions = {}): Promise<EngineKeeper> {
  const { id, model, context, inProcess, mostDeaths, onOpened, onFailed } = options;
  const openOne = async (openOptions: OpenOptions): Promise<LocalEngine> => {
    const [engine] = await (inProcess ? openNativeEngines : openHostEngines)(model, [context], openOptions);
    if (engine === undefined) throw new TelltaleError("ENGINE_FAILED", `No engine was opened for ${model.path}.`);
    return engine;
  };
  const first = await openOne(signal === undefined ? {} : { signal });
  onOpened(first.facts, false);
  let current: Promise<LocalEngine> | undefined = Promise.resolve(first);
  let closed = false;
  let deaths: number[] = [];

  const again = async (): Promise<LocalEngine> => {
    try {
      const engine = await openOne({});
      onOpened(engine.facts, true);
      return engine;
    } catch (error) {
      current = undefined;
      deaths.push(Date.now());
      onFailed(error, false);
      throw new Refusal(503, `The engine of ${JSON.stringify(id)} cannot be opened again: the server's log says why.`, {
        code: "engine_unavailable",
        retryAfter: 5,
      });
    }
  };

  return {
    facts: first.facts,
    open() {
      if (closed) return Promise.reject(new Refusal(503, "The server is closing.", { code: "closing" }));
      if (current !== undefined) return current;
      const now = Date.now();
      deaths = deaths.filter((death) => death > now - WINDOW_MS);
      if (deaths.length > mostDeaths) {
        const retryAfter = Math.ceil(((deaths[0] as number) + WINDOW_MS - now) / 1000);
        const sentence = `The engine of ${JSON.stringify(id)} has ended ${deaths.length} times in ten minutes and is left closed for now.`;
        return Promise.reject(new Refusal(503, sentence, { code: "engine_unavailable", retryAfter }));
      }
      current = again();
      return current;
    },
    async failed(engine, error) {
      const died = error instanceof TelltaleError && error.code === "ENGINE_DIED";
      const isCurrent = (await current?.catch(() => undefined)) === engine;
      if (died && !isCurrent) return;
      if (died) {
        current = undefined;
        deaths.push(Date.now());
      }
      onFailed(error, died);
      if (died) await engine.close().catch(() => {});
    },
    async close() {
      closed = true;
      const engine = await current?.catch(() => undefined);
      current = undefined;
      await engine?.close();
    },
  };
}
