import { runPaths } from "../journal/files.js";
import { writeJsonAtomic } from "../journal/json-file.js";
import { writeVocabulary } from "../journal/vocabulary.js";
import { rankRun } from "../rank/run.js";
import type { Rankings } from "../rank/schema.js";
import { compute } from "./compute.js";
import { defaultDirectory, makeRunDirectory, removeIfEmpty } from "./directory.js";
import type { OnAuditEvent } from "./events.js";
import { manifest, performanceRecord } from "./manifest.js";
import { type AuditOptions, resolveAuditOptions } from "./options.js";
import { closeAudit, prepareAudit } from "./prepare.js";
import type { Tally } from "./workshop.js";

export interface AuditHooks {
  signal?: AbortSignal;
  onEvent?: OnAuditEvent;
}

export interface AuditResult {
  /** Where the run lies. */
  directory: string;
  rankings: Rankings;
  tally: Tally;
  /** What the null took; null where the audit was not calibrated. */
  calibration: Tally | null;
}

/**
 * Audits a finetuned model against a reference: lets it continue the corpora's prefills, scores every completion under both
 * models, ranks them, and leaves a run directory; with `calibrate` the reference continues them, too, for a null. An aborted
 * signal leaves what has been computed, readable and without a summary, and rejects with CANCELLED.
 */
export async function audit(given: AuditOptions, hooks: AuditHooks = {}): Promise<AuditResult> {
  const { signal, onEvent = () => {} } = hooks;
  const startedAt = new Date();
  const options = resolveAuditOptions(given);
  const directory = options.directory ?? defaultDirectory(options.lora?.path ?? options.finetuned, startedAt);
  const isNew = await makeRunDirectory(directory);
  const ready = await prepareAudit(options, onEvent, signal).catch(async (error: unknown) => {
    if (isNew) await removeIfEmpty(directory);
    throw error;
  });
  try {
    const paths = runPaths(directory);
    await writeJsonAtomic(paths.run, manifest(ready, startedAt));
    await writeVocabulary(paths.vocabulary, ready.tokens.finetuned.vocabulary);
    onEvent({ type: "directory", directory });
    const tallies = await compute(ready, { directory, onEvent, signal });
    onEvent({ type: "phase", phase: "rank", completions: 0 });
    const rankings = await rankRun(directory, options.rank, signal && { signal });
    await writeJsonAtomic(paths.performance, performanceRecord(tallies, startedAt, new Date()));
    const { run, calibration } = tallies;
    await writeJsonAtomic(paths.summary, {
      schema: "telltale.summary/1",
      completions: run.generated.completions,
      ...(calibration && { nullCompletions: calibration.generated.completions }),
      engines: ready.facts,
      rankings,
    });
    return { directory, rankings, tally: run, calibration };
  } finally {
    await closeAudit(ready);
  }
}
