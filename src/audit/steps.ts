import type { Engine, JobOptions, JobProgress, JobWork } from "../engine/engine.js";
import { noWork } from "../engine/job.js";
import { runPaths } from "../journal/files.js";
import { encodeFloat32 } from "../journal/float32.js";
import { parseCompletionRecord } from "../journal/parse.js";
import { readRecords } from "../journal/reader.js";
import type { CompletionRecord, Role } from "../journal/records.js";
import { openCanary } from "./canary.js";
import { completionIds, generateWave } from "./completions.js";
import type { AuditStep } from "./events.js";
import { recordFailures } from "./failures.js";
import type { Format } from "./formats.js";
import { isSettled } from "./ledger.js";
import type { ReadyAudit } from "./prepare.js";
import { scoreUnder } from "./score-under.js";
import { inChunks } from "./scores.js";
import { runTolerant } from "./tolerant.js";
import { layoutOf, partOf, placesOf, type Wave, waveCompletions } from "./waves.js";
import { totals, type Work, type Workshop } from "./workshop.js";

/** Generates into the journals what they lack of a wave, and returns the records. */
export async function generateStep(shop: Workshop, engine: Engine, wave: Wave): Promise<CompletionRecord[]> {
  const { options, vocabulary, ledger, journals } = shop;
  const records: CompletionRecord[] = [];
  const made = new Set<string>();
  const missing = (part: Wave, place: number): string[] =>
    completionIds(part.configuration, place, options.samples).filter((id) => !made.has(id) && !isSettled(ledger, id));
  await timedStep(shop, "generate", wave.configuration, shop.tally.generated, async (job) => {
    const batches = runTolerant(
      placesOf(wave),
      (places) => generateWave(engine, partOf(wave, places), options, vocabulary, job),
      (places) => places.filter((place) => missing(wave, place).length > 0),
      shop.tolerance,
      (place, { code }) =>
        recordFailures(
          shop,
          missing(wave, place).map((id) => ({ id, step: "generate", problem: code })),
        ),
    );
    for await (const batch of batches) {
      const lacking = batch.filter(({ record: { id } }) => !made.has(id) && !isSettled(ledger, id));
      for (const { record } of lacking) made.add(record.id);
      records.push(...lacking.map(({ record }) => record));
      // Completions first: ranking a run that is still going on finds the completion of every score it sees.
      await journals.completions.append(lacking.map(({ record }) => record));
      await journals.captured?.append(
        lacking.map(({ record, captured }) => ({ id: record.id, logprobs: encodeFloat32(captured) })),
      );
    }
    return records;
  });
  await Promise.all([journals.completions.flush(), journals.captured?.flush()]);
  return records;
}

/** Scores records of one configuration into a role's journal. */
export async function scoreStep(
  shop: Workshop,
  ready: ReadyAudit,
  role: Role,
  format: Format,
  records: readonly CompletionRecord[],
): Promise<void> {
  const configuration = records[0]?.configuration;
  if (configuration === undefined) return;
  const watch = await openCanary(ready, shop, role, format, records);
  await timedStep(shop, `score ${role}`, configuration, shop.tally.scored[role], async (job) => {
    for await (const batch of watch(scoreUnder(ready, shop, role, format, records, job))) {
      await shop.journals[role].append(batch);
    }
    return records;
  });
  await shop.journals[role].flush();
}

/** Scores completions of a run from its journal, those that `isWanted`, in chunks of the size of the waves. */
export async function scoreJournal(
  shop: Workshop,
  ready: ReadyAudit,
  role: Role,
  isWanted: (id: string) => boolean,
): Promise<void> {
  for (const corpus of ready.corpora) {
    for (const { format } of ready.heads[role]) {
      const records = journalled(shop, `${corpus.name}/${format}`, isWanted);
      for await (const chunk of inChunks(records, waveCompletions(layoutOf(ready)))) {
        await scoreStep(shop, ready, role, format, chunk);
      }
    }
  }
}

async function* journalled(
  shop: Workshop,
  configuration: string,
  isWanted: (id: string) => boolean,
): AsyncGenerator<CompletionRecord, void, void> {
  for await (const { record } of readRecords(runPaths(shop.directory).completions, parseCompletionRecord)) {
    if (record.configuration === configuration && isWanted(record.id)) yield record;
  }
}

/** Runs one step, telling of it, and adds its records and time to `work`. */
async function timedStep(
  shop: Workshop,
  step: AuditStep,
  configuration: string,
  work: Work,
  run: (job: JobOptions) => Promise<readonly CompletionRecord[]>,
): Promise<void> {
  shop.onEvent({ type: "step", step, configuration });
  const before = totals(shop.tally);
  const { before: earlier, steps } = shop.phase;
  const report = (completions: number, tokens: number): void =>
    shop.onEvent({
      type: "progress",
      completionsDone: (before.completions - earlier.completions + completions) / steps,
      tokensDone: before.tokens - earlier.tokens + tokens,
    });
  const started = performance.now();
  let spent = noWork();
  const records = await run({
    onProgress: (progress: JobProgress) => {
      spent = progress.work;
      report(progress.itemsDone, progress.tokensDone);
    },
    ...(shop.signal && { signal: shop.signal }),
  });
  work.seconds += (performance.now() - started) / 1000;
  for (const key of Object.keys(spent) as (keyof JobWork)[]) work.spent[key] += spent[key];
  work.completions += records.length;
  const tokens = records.reduce((sum, record) => sum + record.completion.length, 0);
  work.tokens += tokens;
  report(records.length, tokens);
}
