import type { JobOptions, LocalEngine } from "../engine/engine.js";
import { decodeText } from "../engine/vocabulary.js";
import { TelltaleError } from "../errors.js";
import { score } from "../library/score.js";

/** "overlapping": every token is scored. "chunks": as llama-perplexity does it. */
export type ScoreMethod = "overlapping" | "chunks";

/** The log-probabilities of a text, as `telltale score --json` prints them. */
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
  { signal }: JobOptions = {},
): Promise<TextScore> {
  const vocabulary = await engine.vocabulary();
  for await (const scored of score(engine, text, { windows: method, contextSize, signal })) {
    const { index: _index, tokens, logprobs, ...sums } = scored;
    if (sums.scoredTokens === 0) throw tooShort(tokens.length, method, contextSize);
    const rows = Array.from(tokens, (id, i) => {
      const logprob = logprobs[i] as number;
      return { id, text: decodeText(vocabulary, [id]), logprob: Number.isNaN(logprob) ? null : logprob };
    });
    return { method, contextSize, tokens: rows, ...sums };
  }
  throw tooShort(0, method, contextSize);
}

function tooShort(tokens: number, method: ScoreMethod, contextSize: number): TelltaleError {
  const least = method === "chunks" ? contextSize : 2;
  const count = `${tokens} ${tokens === 1 ? "token" : "tokens"}`;
  const advice = `give a longer text${method === "chunks" ? " or a smaller --context-size" : ""}`;
  return new TelltaleError(
    "BAD_ARGUMENT",
    `The text has ${count}, and at least ${least} are needed to score it: ${advice}.`,
  );
}
