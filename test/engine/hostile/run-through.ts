import type { LocalEngine } from "#telltale/engine/engine.js";
import { openHostEngines } from "#telltale/engine/host/engine.js";
import { openTokenizer } from "#telltale/engine/tokenizer.js";
import { type ErrorCode, TelltaleError } from "#telltale/errors.js";

const CONTEXT = { threads: 1, sequences: 2, contextSequence: 256, batch: 64 };
const LIMIT_MS = 30_000;
const TEXT = "The old bridge, 7 \u00e9\u4f60\n";

/** What became of a file: it ran, and all its numbers were finite, or this error. */
export type Outcome =
  | { code: "RAN" }
  | { code: ErrorCode; message: string; phase: string | undefined; log: readonly string[] };

/**
 * Takes a file the way every command does: opened in a child process, its vocabulary read, a text tokenised, continued and
 * scored. Whatever is no TelltaleError is thrown on; a file that takes over 30 s becomes CANCELLED.
 */
export async function runThrough(path: string, adapters: readonly string[] = []): Promise<Outcome> {
  const signal = AbortSignal.timeout(LIMIT_MS);
  const opened: LocalEngine[] = [];
  try {
    const context = { ...CONTEXT, adapters: adapters.map((each) => ({ path: each })) };
    opened.push(...(await openHostEngines({ path }, [context], { signal })));
    const [engine] = opened as [LocalEngine];
    const vocabulary = await engine.vocabulary();
    const size = vocabulary.offsets.length - 1;
    const [tokens = new Int32Array(0)] = await engine.tokenize([TEXT]);
    const prefill = tokens.length > 0 ? tokens.slice(0, 20) : Int32Array.of(0);
    await engine.detokenize([prefill]);
    const head = new Int32Array(0);
    const request = { head, prefills: [prefill, prefill.slice(0, 1)], maxTokens: 6 };
    const values: number[] = [];
    for await (const batch of engine.generate(request, { signal }))
      for (const completion of batch) values.push(...completion.logprobs, ...completion.tokens);
    const items = [{ context: prefill, targets: Int32Array.of(0, size - 1) }];
    for await (const batch of engine.score({ head, items }, { signal }))
      for (const score of batch) values.push(...score.logprobs);
    if (values.length < 4 || !values.every(Number.isFinite)) throw new Error(`${path} gave ${values.join(" ")}`);
    return { code: "RAN" };
  } catch (error) {
    if (!(error instanceof TelltaleError)) throw error;
    const { code, message, phase, log } = error;
    return { code, message, phase, log };
  } finally {
    for (const engine of opened) await engine.close();
  }
}

/** The same with the vocabulary alone, whose outcome may be another. */
export async function vocabularyThrough(path: string): Promise<void> {
  try {
    const tokenizer = await openTokenizer(path, { signal: AbortSignal.timeout(LIMIT_MS) });
    try {
      await tokenizer.detokenize(await tokenizer.tokenize([TEXT]));
    } finally {
      await tokenizer.close();
    }
  } catch (error) {
    if (!(error instanceof TelltaleError) || DEATHS.includes(error.code)) throw error;
  }
}

const DEATHS: readonly ErrorCode[] = ["ENGINE_DIED", "CANCELLED"];
