import type { JobOptions } from "../engine/engine.js";
import { TelltaleError } from "../errors.js";
import type { CompletionRecord, Role, ScoreRecord } from "../journal/records.js";
import { scoreCompletionBytes } from "./byte-scores.js";
import type { Format } from "./formats.js";
import type { Head } from "./heads.js";
import { enlargeContext, type ReadyAudit } from "./prepare.js";
import { scoreCompletions } from "./scores.js";
import type { Workshop } from "./workshop.js";

/**
 * Log-probabilities of completions of one format under a model: by their ids where it has the tokens that they were written in,
 * else by their bytes. A context that is too small for the model's own tokens is made larger, up to what it was trained with.
 */
export async function* scoreUnder(
  ready: ReadyAudit,
  shop: Workshop,
  role: Role,
  format: Format,
  records: readonly CompletionRecord[],
  job: JobOptions,
): AsyncGenerator<ScoreRecord[], void, void> {
  const head = headOf(ready, role, format);
  if (ready.tokens.differ === null || role === shop.author) {
    yield* scoreCompletions(ready.room.engine(role), head.tokens, records, job);
    return;
  }
  const chat = { text: head.chat?.text ?? "", tokens: ready.tokens[role] && head.tokens };
  for (let left: readonly CompletionRecord[] = records; left.length > 0; ) {
    const scorer = await ready.room.byteScorer(role, ready.tokens);
    const tooLong: CompletionRecord[] = [];
    for await (const batch of scoreCompletionBytes(scorer, chat, left, shop.vocabulary, job)) {
      yield batch.records;
      for (const { record, problem } of batch.unscored) {
        if (problem === "longer than the context") tooLong.push(record);
        else countUnscored(shop, problem, 1);
      }
    }
    const again = tooLong.length > 0 && (await enlargeContext(ready, role, shop.signal));
    if (!again) countUnscored(shop, "longer than the context", tooLong.length);
    left = again ? tooLong : [];
  }
}

function countUnscored({ unscored }: Workshop, problem: string, count: number): void {
  if (count > 0) unscored.set(problem, (unscored.get(problem) ?? 0) + count);
}

function headOf({ heads }: ReadyAudit, role: Role, format: Format): Head {
  const head = heads[role].find((each) => each.format === format);
  if (head === undefined) throw new TelltaleError("BAD_RUN", `The run has no format ${format}.`);
  return head;
}
