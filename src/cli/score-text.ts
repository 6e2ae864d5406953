import type { JobOptions, LocalEngine } from "../engine/engine.js";
import { decode, decodeText } from "../engine/vocabulary.js";
import { TelltaleError } from "../errors.js";
import { chunkWindows, overlappingWindows } from "./score-windows.js";

/** "overlapping": every token is scored. "chunks": as llama-perplexity does it. */
export type ScoreMethod = "overlapping" | "chunks";

/** The log-probabilities of a text. */
export interface TextScore {
  method: ScoreMethod;
  /** Tokens in one window. */
  contextSize: number;
  /** All tokens of the text; logprob in nats, null where a token is context only. */
  tokens: { id: number; text: string; logprob: number | null }[];
  /** Tokens with a log-probability, and their bytes. */
  scoredTokens: number;
  scoredBytes: number;
  /** Nats: minus the sum of all log-probabilities. */
  nll: number;
  /** exp(nll / scoredTokens). */
  perplexity: number;
  /** nll / (ln 2 * scoredBytes). */
  bitsPerByte: number;
}

/** Scores a text in windows of `contextSize` tokens. Throws BAD_ARGUMENT where it is too short to score anything. */
export async function scoreText(
  engine: LocalEngine,
  text: string,
  method: ScoreMethod,
  contextSize: number,
  options: JobOptions = {},
): Promise<TextScore> {
  const { addBos, bos } = engine.facts.model;
  const beginning = addBos && bos >= 0 ? bos : undefined;
  // llama-perplexity counts the BOS that tokenising adds as the text's first token.
  const [tokens = new Int32Array()] = await engine.tokenize([text], { addSpecial: method === "chunks" });
  const cut = method === "chunks" ? chunkWindows : overlappingWindows;
  const windows = cut(tokens, contextSize, beginning);
  if (windows.length === 0) {
    const least = method === "chunks" ? contextSize : 2;
    const count = `${tokens.length} ${tokens.length === 1 ? "token" : "tokens"}`;
    throw new TelltaleError(
      "BAD_ARGUMENT",
      `The text has ${count}, and at least ${least} are needed to score it: give a longer text${method === "chunks" ? " or a smaller --context-size" : ""}.`,
    );
  }
  const logprobs: (number | null)[] = new Array(tokens.length).fill(null);
  const request = { head: new Int32Array(), items: windows.map(({ context, targets }) => ({ context, targets })) };
  for await (const batch of engine.score(request, options)) {
    for (const score of batch) {
      const first = windows[score.item]?.first ?? 0;
      score.logprobs.forEach((logprob, i) => {
        logprobs[first + i] = logprob;
      });
    }
  }
  const vocabulary = await engine.vocabulary();
  let [scoredTokens, scoredBytes, nll] = [0, 0, 0];
  const rows = Array.from(tokens, (id, i) => {
    const logprob = logprobs[i] ?? null;
    if (logprob !== null) {
      scoredTokens += 1;
      scoredBytes += decode(vocabulary, [id]).length;
      nll -= logprob;
    }
    return { id, text: decodeText(vocabulary, [id]), logprob };
  });
  const perplexity = Math.exp(nll / scoredTokens);
  const bitsPerByte = nll / (Math.LN2 * scoredBytes);
  return { method, contextSize, tokens: rows, scoredTokens, scoredBytes, nll, perplexity, bitsPerByte };
}
