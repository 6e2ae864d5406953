import type { Engine, JobOptions, JobProgress, Vocabulary } from "../engine/engine.js";
import { runPaths } from "../journal/files.js";
import { parseCompletionRecord } from "../journal/parse.js";
import { readRecords } from "../journal/reader.js";
import type { CompletionRecord, Role } from "../journal/records.js";
import { JournalWriter } from "../journal/writer.js";
import { generateWave, type Wave } from "./completions.js";
import type { AuditPhase, OnAuditEvent } from "./events.js";
import type { Head } from "./heads.js";
import type { ResolvedAuditOptions } from "./options.js";
import type { CorpusPrefills } from "./prefills.js";
import { inChunks, scoreCompletions } from "./scores.js";

/**
 * Completions that are generated, then scored, before the next ones begin: large enough that the slots' running empty at
 * the end of a wave costs little, small enough that an interrupted run has scores for what it has.
 */
const WAVE = 2048;

/** What the steps of an audit share. */
export interface Workshop {
  options: ResolvedAuditOptions;
  directory: string;
  vocabulary: Vocabulary;
  journals: { completions: JournalWriter; finetuned: JournalWriter; reference: JournalWriter };
  onEvent: OnAuditEvent;
  signal: AbortSignal | undefined;
  tally: Tally;
}

/** What was computed and how long it took: seconds of the engines' own work. */
export interface Tally {
  completions: number;
  generated: { tokens: number; seconds: number };
  scored: Record<Role, { tokens: number; seconds: number }>;
}

export async function openJournals(directory: string): Promise<Workshop["journals"]> {
  const paths = runPaths(directory);
  return {
    completions: await JournalWriter.open(paths.completions),
    finetuned: await JournalWriter.open(paths.finetuned),
    reference: await JournalWriter.open(paths.reference),
  };
}

export async function closeJournals(journals: Workshop["journals"]): Promise<void> {
  await Promise.all([journals.completions.close(), journals.finetuned.close(), journals.reference.close()]);
}

/** Every corpus in every format, in waves. */
export function* waves(corpora: readonly CorpusPrefills[], heads: readonly Head[], samples: number): Generator<Wave> {
  const size = waveSize(samples);
  for (const corpus of corpora) {
    for (const head of heads) {
      for (let first = 0; first < corpus.prefills.length; first += size) {
        const prefills = corpus.prefills.slice(first, first + size);
        yield { configuration: `${corpus.name}/${head.format}`, head, prefills, first };
      }
    }
  }
}

/** Prefills in a wave. */
function waveSize(samples: number): number {
  return Math.max(1, Math.floor(WAVE / samples));
}

/** Generates a wave into the journal and returns its records. */
export async function generateStep(shop: Workshop, engine: Engine, wave: Wave): Promise<CompletionRecord[]> {
  const records: CompletionRecord[] = [];
  const total = wave.prefills.length * shop.options.samples;
  const job = beginStep(shop, "generate", wave.configuration, total);
  const started = performance.now();
  for await (const batch of generateWave(engine, wave, shop.options, shop.vocabulary, job)) {
    records.push(...batch);
    await shop.journals.completions.append(batch);
    shop.tally.completions += batch.length;
    shop.tally.generated.tokens += batch.reduce((sum, record) => sum + record.completion.length, 0);
  }
  shop.tally.generated.seconds += (performance.now() - started) / 1000;
  await shop.journals.completions.flush();
  return records;
}

/** Scores records of one configuration into a role's journal. */
export async function scoreStep(
  shop: Workshop,
  engine: Engine,
  role: Role,
  head: Head,
  records: readonly CompletionRecord[],
): Promise<void> {
  const job = beginStep(shop, `score ${role}`, records[0]?.configuration, records.length);
  const started = performance.now();
  for await (const batch of scoreCompletions(engine, head.tokens, records, job))
    await shop.journals[role].append(batch);
  shop.tally.scored[role].seconds += (performance.now() - started) / 1000;
  shop.tally.scored[role].tokens += records.reduce((sum, record) => sum + record.completion.length, 0);
  await shop.journals[role].flush();
}

/** Scores a whole run from its journal, in the chunks that the other model's waves were, for the model loaded last. */
export async function scoreJournal(
  shop: Workshop,
  engine: Engine,
  role: Role,
  corpora: readonly CorpusPrefills[],
  heads: readonly Head[],
): Promise<void> {
  const { samples } = shop.options;
  for (const corpus of corpora) {
    for (const head of heads) {
      const records = journalled(shop, `${corpus.name}/${head.format}`);
      for await (const chunk of inChunks(records, waveSize(samples) * samples)) {
        await scoreStep(shop, engine, role, head, chunk);
      }
    }
  }
}

async function* journalled(shop: Workshop, configuration: string): AsyncGenerator<CompletionRecord, void, void> {
  for await (const { record } of readRecords(runPaths(shop.directory).completions, parseCompletionRecord)) {
    if (record.configuration === configuration) yield record;
  }
}

function beginStep(shop: Workshop, phase: AuditPhase, configuration: string | undefined, total: number): JobOptions {
  shop.onEvent({ type: "phase", phase, total, ...(configuration !== undefined && { configuration }) });
  return {
    onProgress: ({ itemsDone, tokensDone }: JobProgress) =>
      shop.onEvent({ type: "progress", completionsDone: itemsDone, tokensDone }),
    ...(shop.signal && { signal: shop.signal }),
  };
}
