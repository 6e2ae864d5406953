import { boundaries } from "../engine/bytes/boundaries.js";
import { partialSegments, segments } from "../engine/bytes/segments.js";
import type { ByteScore, ByteScoreRequest, ByteScorer } from "../engine/bytes/types.js";
import type { JobOptions, Vocabulary } from "../engine/engine.js";
import { decode } from "../engine/vocabulary.js";
import { encodeFloat32 } from "../journal/float32.js";
import type { CompletionRecord, ScoreRecord } from "../journal/records.js";

/** A completion without a score, and why. */
export interface Unscored {
  record: CompletionRecord;
  problem: NonNullable<ByteScore["problem"]>;
}

export interface ByteScoreBatch {
  records: ScoreRecord[];
  unscored: Unscored[];
}

/**
 * Log-probabilities of completions under a model that has other tokens than the one that wrote them: of its own tokens that start
 * at or after the completion's first byte, and how those lie beside the completion's. `vocabulary`: of the completions' tokens.
 */
export async function* scoreCompletionBytes(
  scorer: ByteScorer,
  head: ByteScoreRequest["head"],
  records: readonly CompletionRecord[],
  vocabulary: Vocabulary,
  job: JobOptions,
): AsyncGenerator<ByteScoreBatch, void, void> {
  const texts = records.map((record) => ({ record, tokens: textTokens(record) }));
  // A completion that ended at once has no text, and no token that counts.
  const written = texts.filter(({ record }) => record.bytes > 0);
  const items = written.map(({ record, tokens }) => ({
    context: decode(vocabulary, record.prefill),
    targets: decode(vocabulary, tokens),
  }));
  for await (const batch of scorer.scoreBytes({ head, items }, job)) {
    const result: ByteScoreBatch = { records: [], unscored: [] };
    for (const score of batch) {
      const { record, tokens } = written[score.item] as (typeof written)[number];
      if (score.problem === null) result.records.push(scoreRecord(record, tokens, score, vocabulary));
      else result.unscored.push({ record, problem: score.problem });
    }
    yield result;
  }
}

/** Its tokens without the one that ended the generation, which is no text. */
function textTokens({ completion, stop }: CompletionRecord): number[] {
  return stop === "eog" ? completion.slice(0, -1) : completion;
}

function scoreRecord(
  { id, stop }: CompletionRecord,
  tokens: readonly number[],
  score: ByteScore,
  vocabulary: Vocabulary,
): ScoreRecord {
  const author = boundaries(vocabulary, tokens);
  const pairs = segments(author, score);
  const { first, last } = partialSegments(author, score);
  const partial = [...new Set([...(first ? [0] : []), ...(last ? [pairs.length / 2 - 1] : [])])];
  const end = stop === "eog" ? pairs.length / 2 : null;
  return {
    id,
    logprobs: encodeFloat32(score.logprobs),
    aligned: {
      tokens: score.tokens && Array.from(score.tokens),
      segments: end === null ? pairs : [...pairs, 1, 0],
      partial: end === null ? partial : [...partial, end],
    },
  };
}
