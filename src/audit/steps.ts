import type { Engine, JobOptions, JobProgress, JobWork, Vocabulary } from "../engine/engine.js";
import { noWork } from "../engine/job.js";
import { runPaths } from "../journal/files.js";
import { encodeFloat32 } from "../journal/float32.js";
import { parseCompletionRecord } from "../journal/parse.js";
import { readRecords } from "../journal/reader.js";
import type { CompletionRecord, Role } from "../journal/records.js";
import { JournalWriter } from "../journal/writer.js";
import { generateWave } from "./completions.js";
import type { AuditPhase, AuditStep, OnAuditEvent } from "./events.js";
import type { Head } from "./heads.js";
import type { ResolvedAuditOptions } from "./options.js";
import type { CorpusPrefills } from "./prefills.js";
import { inChunks, scoreCompletions } from "./scores.js";
import { type Wave, waveCompletions } from "./waves.js";

/** What the steps of an audit share. */
export interface Workshop {
  options: ResolvedAuditOptions;
  directory: string;
  vocabulary: Vocabulary;
  /** `captured`: null where every completion is scored. */
  journals: Record<"completions" | Role, JournalWriter> & { captured: JournalWriter | null };
  onEvent: OnAuditEvent;
  signal: AbortSignal | undefined;
  tally: Tally;
  phase: PhaseProgress;
}

/** How far the phase is: what had been done before it, and how many steps a completion goes through in it. */
export interface PhaseProgress {
  before: { completions: number; tokens: number };
  steps: number;
}

/** What was computed and how long it took: seconds of the engines' own work. */
export interface Tally {
  generated: Work;
  scored: Record<Role, Work>;
}

export interface Work {
  completions: number;
  tokens: number;
  /** As the audit sees it; `spent` is the engine's own account of it. */
  seconds: number;
  spent: JobWork;
}

export function emptyTally(): Tally {
  const nothing = (): Work => ({ completions: 0, tokens: 0, seconds: 0, spent: noWork() });
  return { generated: nothing(), scored: { finetuned: nothing(), reference: nothing() } };
}

export async function openJournals(
  directory: string,
  { finetunedScores }: Pick<ResolvedAuditOptions, "finetunedScores">,
): Promise<Workshop["journals"]> {
  const paths = runPaths(directory);
  return {
    completions: await JournalWriter.open(paths.completions),
    finetuned: await JournalWriter.open(paths.finetuned),
    reference: await JournalWriter.open(paths.reference),
    captured: finetunedScores === "captured" ? await JournalWriter.open(paths.captured) : null,
  };
}

export async function closeJournals(journals: Workshop["journals"]): Promise<void> {
  await Promise.all(Object.values(journals).map((journal) => journal?.close()));
}

/** Generates a wave into the journals and returns its records. */
export async function generateStep(shop: Workshop, engine: Engine, wave: Wave): Promise<CompletionRecord[]> {
  const records: CompletionRecord[] = [];
  await timedStep(shop, "generate", wave.configuration, shop.tally.generated, async (job) => {
    for await (const batch of generateWave(engine, wave, shop.options, shop.vocabulary, job)) {
      const made = batch.map(({ record }) => record);
      records.push(...made);
      // Completions first: ranking a run that is still going on finds the completion of every score it sees.
      await shop.journals.completions.append(made);
      await shop.journals.captured?.append(
        batch.map(({ record, captured }) => ({ id: record.id, logprobs: encodeFloat32(captured) })),
      );
    }
    return records;
  });
  await Promise.all([shop.journals.completions.flush(), shop.journals.captured?.flush()]);
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
  const configuration = records[0]?.configuration;
  if (configuration === undefined) return;
  await timedStep(shop, `score ${role}`, configuration, shop.tally.scored[role], async (job) => {
    for await (const batch of scoreCompletions(engine, head.tokens, records, job)) {
      await shop.journals[role].append(batch);
    }
    return records;
  });
  await shop.journals[role].flush();
}

/** Scores completions of a run from its journal, all or the `wanted` ones, in chunks of the size of the waves. */
export async function scoreJournal(
  shop: Workshop,
  engine: Engine,
  role: Role,
  corpora: readonly CorpusPrefills[],
  heads: readonly Head[],
  wanted?: ReadonlySet<string>,
): Promise<void> {
  for (const corpus of corpora) {
    for (const head of heads) {
      const records = journalled(shop, `${corpus.name}/${head.format}`, wanted);
      for await (const chunk of inChunks(records, waveCompletions(shop.options))) {
        await scoreStep(shop, engine, role, head, chunk);
      }
    }
  }
}

async function* journalled(
  shop: Workshop,
  configuration: string,
  wanted: ReadonlySet<string> | undefined,
): AsyncGenerator<CompletionRecord, void, void> {
  for await (const { record } of readRecords(runPaths(shop.directory).completions, parseCompletionRecord)) {
    if (record.configuration === configuration && wanted?.has(record.id) !== false) yield record;
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

/** Begins a phase in which `completions` completions go through `steps` steps each. */
export function beginPhase(shop: Workshop, phase: AuditPhase, completions: number, steps: number): void {
  shop.onEvent({ type: "phase", phase, completions });
  shop.phase = { before: totals(shop.tally), steps };
}

function totals({ generated, scored }: Tally): { completions: number; tokens: number } {
  const parts = [generated, scored.finetuned, scored.reference];
  return {
    completions: parts.reduce((sum, part) => sum + part.completions, 0),
    tokens: parts.reduce((sum, part) => sum + part.tokens, 0),
  };
}
