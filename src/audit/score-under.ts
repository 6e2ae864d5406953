import type { JobOptions } from "../engine/engine.js";
import { TelltaleError } from "../errors.js";
import type { CompletionRecord, ErrorRecord, Role, ScoreRecord } from "../journal/records.js";
import { scoreCompletionBytes } from "./byte-scores.js";
import { recordFailures } from "./failures.js";
import type { Format } from "./formats.js";
import type { Head } from "./heads.js";
import { enlargeContext, type ReadyAudit } from "./prepare.js";
import { scoreCompletions } from "./scores.js";
import { runTolerant } from "./tolerant.js";
import type { Workshop } from "./workshop.js";

/**
 * Log-probabilities of completions of one format under a model: by their ids where it has the tokens that they were written in,
 * else by their bytes. Completions that cannot be scored are written down as failures, or whatever `onFailures` does with them.
 */
export async function* scoreUnder(
  ready: ReadyAudit,
  shop: Workshop,
  role: Role,
  format: Format,
  records: readonly CompletionRecord[],
  job: JobOptions,
  onFailures: OnFailures = (failures) => recordFailures(shop, failures),
): AsyncGenerator<ScoreRecord[], void, void> {
  const scored = new Set<string>();
  const byIds = ready.tokens.differ === null || role === shop.author;
  const score = byIds ? scoreIds : scoreBytes;
  const batches = runTolerant(
    records,
    (some) => score(ready, shop, role, format, some, job, onFailures),
    (some) => some.filter(({ id }) => !scored.has(id) && !shop.ledger.scored[role].has(id)),
    shop.tolerance,
    ({ id }, { code }) => onFailures([{ id, step: role, problem: code }]),
  );
  for await (const batch of batches) {
    for (const { id } of batch) scored.add(id);
    yield batch;
  }
}

type OnFailures = (failures: readonly ErrorRecord[]) => Promise<void>;

type Scoring = (
  ready: ReadyAudit,
  shop: Workshop,
  role: Role,
  format: Format,
  records: readonly CompletionRecord[],
  job: JobOptions,
  onFailures: OnFailures,
) => AsyncGenerator<ScoreRecord[], void, void>;

const scoreIds: Scoring = (ready, _shop, role, format, records, job) =>
  scoreCompletions(ready.room.engine(role), headOf(ready, role, format).tokens, records, job);

/** A context that is too small for the model's own tokens is made larger, up to what the model was trained with. */
const scoreBytes: Scoring = async function* (ready, shop, role, format, records, job, onFailures) {
  const head = headOf(ready, role, format);
  const chat = { text: head.chat?.text ?? "", tokens: ready.tokens[role] && head.tokens };
  for (let left: readonly CompletionRecord[] = records; left.length > 0; ) {
    const scorer = await ready.room.byteScorer(role, ready.tokens);
    const tooLong: CompletionRecord[] = [];
    const failures: ErrorRecord[] = [];
    for await (const batch of scoreCompletionBytes(scorer, chat, left, shop.vocabulary, job)) {
      yield batch.records;
      for (const { record, problem } of batch.unscored) {
        if (problem === "longer than the context") tooLong.push(record);
        else failures.push({ id: record.id, step: role, problem });
      }
    }
    const again = tooLong.length > 0 && (await enlargeContext(ready, role, shop.signal));
    if (!again) failures.push(...tooLong.map(({ id }) => ({ id, step: role, problem: "longer than the context" })));
    await onFailures(failures);
    left = again ? tooLong : [];
  }
};

function headOf({ heads }: ReadyAudit, role: Role, format: Format): Head {
  const head = heads[role].find((each) => each.format === format);
  if (head === undefined) throw new TelltaleError("BAD_RUN", `The run has no format ${format}.`);
  return head;
}
