import type { Completion, LocalEngine, Sampling, Score } from "#telltale/engine/engine.js";
import { openNativeEngines } from "#telltale/engine/native/engine.js";
import { NO_HEAD } from "../models.js";

/** A small model that servers of the tests compute their answers with. One job at a time, whoever asks. */
export interface ForeignModel {
  engine: LocalEngine;
  /** Nats of every token of a text; null for the first. */
  scores(prompts: readonly number[][]): Promise<(number | null)[][]>;
  completions(prompts: readonly number[][], maxTokens: number, sampling?: Sampling): Promise<Completion[]>;
  tokens(text: string, addSpecial: boolean): Promise<number[]>;
  /** The bytes of each token. */
  bytes(tokens: readonly number[]): Promise<Buffer[]>;
  close(): Promise<void>;
}

export async function openForeignModel(path: string): Promise<ForeignModel> {
  const [engine] = (await openNativeEngines({ path }, [{ threads: 1, sequences: 16, contextSequence: 512 }])) as [
    LocalEngine,
  ];
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work);
    turn = mine.catch(() => {});
    return mine;
  };
  return {
    engine,
    scores: (prompts) =>
      inTurn(async () => {
        const items = prompts.map((ids) => ({
          context: Int32Array.of(ids[0] ?? 0),
          targets: Int32Array.from(ids.slice(1)),
        }));
        const all: Score[] = [];
        for await (const batch of engine.score({ head: NO_HEAD, items })) all.push(...batch);
        return all.sort((a, b) => a.item - b.item).map(({ logprobs }) => [null, ...logprobs]);
      }),
    completions: (prompts, maxTokens, sampling) =>
      inTurn(async () => {
        const prefills = prompts.map((ids) => Int32Array.from(ids));
        const request = { head: NO_HEAD, prefills, maxTokens, ...(sampling && { sampling }) };
        const all: Completion[] = [];
        for await (const batch of engine.generate(request)) all.push(...batch);
        return all.sort((a, b) => a.prefill - b.prefill);
      }),
    tokens: (text, addSpecial) =>
      inTurn(async () => [...((await engine.tokenize([text], { addSpecial, parseSpecial: true }))[0] ?? [])]),
    bytes: (tokens) =>
      inTurn(async () =>
        (await engine.detokenize(tokens.map((id) => Int32Array.of(id)))).map((each) => Buffer.from(each)),
      ),
    close: () => inTurn(() => engine.close()),
  };
}
