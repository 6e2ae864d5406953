import type { Completion, Engine, EngineFacts, GenerateRequest, Score, ScoreRequest } from "#telltale/engine/engine.js";
import { openRemoteEngine, type RemoteEngine, type RemoteHooks } from "#telltale/engine/remote/engine.js";
import type { RemoteOptions } from "#telltale/engine/remote/options.js";
import { parseRemote } from "#telltale/engine/remote/spec.js";
import { openTokenizer } from "#telltale/engine/tokenizer.js";

/** Retries without waiting long: what is tested is that they happen. */
export const QUICK = { retryDelaySeconds: 0.005, timeoutSeconds: 60 };

/** A remote engine that was opened for the test, with the vocabulary of a GGUF file where one is named. */
export async function openRemote(
  urls: string | readonly string[],
  vocabulary: string | null,
  options: Partial<RemoteOptions> = {},
  hooks: RemoteHooks = {},
): Promise<RemoteEngine> {
  const tokenizer = vocabulary === null ? null : await openTokenizer(vocabulary, { inProcess: true });
  const spec = parseRemote([urls].flat().join(","));
  try {
    const engine = await openRemoteEngine(
      spec,
      { generates: true, scores: true, ...QUICK, ...options, tokenizer },
      hooks,
    );
    const close = async (): Promise<void> => {
      await engine.close();
      await tokenizer?.close();
    };
    return { ...engine, close };
  } catch (error) {
    await tokenizer?.close();
    throw error;
  }
}

/** All completions as texts that hold every bit of them, by prefill and sample. Fails where one came twice. */
export async function completionsOf(engine: Engine<EngineFacts>, request: GenerateRequest): Promise<string[]> {
  const all = await generatedBy(engine, request);
  return all.map((each) => [each.prefill, each.sample, each.stop, each.tokens, each.logprobs].join(" | "));
}

export async function generatedBy(engine: Engine<EngineFacts>, request: GenerateRequest): Promise<Completion[]> {
  const all: Completion[] = [];
  for await (const batch of engine.generate(request)) all.push(...batch);
  const keys = new Set(all.map(({ prefill, sample }) => `${prefill} ${sample}`));
  if (keys.size !== all.length) throw new Error("a completion came twice");
  return all.sort((a, b) => a.prefill - b.prefill || a.sample - b.sample);
}

/** The figures of every item as text, in their order. Fails where one came twice or not at all. */
export async function scoresOf(engine: Engine<EngineFacts>, request: ScoreRequest): Promise<string[]> {
  const all: Score[] = [];
  for await (const batch of engine.score(request)) all.push(...batch);
  const items = all.map(({ item }) => item).sort((a, b) => a - b);
  if (items.length !== request.items.length || items.some((item, i) => item !== i)) throw new Error(`items ${items}`);
  return all.sort((a, b) => a.item - b.item).map(({ logprobs }) => logprobs.join(" "));
}
