import { rm } from "node:fs/promises";
import { syncDirectory } from "../journal/atomic-file.js";
import { runPaths } from "../journal/files.js";
import { writeJsonAtomic } from "../journal/json-file.js";
import { lockRun } from "../journal/lock.js";
import { writeVocabulary } from "../journal/vocabulary.js";
import { rankRun } from "../rank/run.js";
import type { Rankings } from "../rank/schema.js";
import { compute } from "./compute.js";
import { defaultDirectory, makeRunDirectory, removeDrafts, removeIfEmpty } from "./directory.js";
import type { OnAuditEvent } from "./events.js";
import { lastingFacts, manifest, performanceRecord } from "./manifest.js";
import { type AskedAuditOptions, type AuditOptions, resolveAuditOptions } from "./options.js";
import { closeAudit, prepareAudit, type ReadyAudit } from "./prepare.js";
import { type RunRecord, readRunRecord, recordedOptions, recordResume } from "./run-record.js";
import { refuseOtherRun } from "./same-run.js";
import type { Resume, Tally } from "./workshop.js";

/** How an audit is watched and ended. */
export interface AuditHooks {
  /** Ends the audit, which rejects with CANCELLED; what it has written stays, for resumeAudit. */
  signal?: AbortSignal | undefined;
  /** Called with what happens meanwhile. */
  onEvent?: OnAuditEvent | undefined;
}

/** What an audit leaves. */
export interface AuditResult {
  /** Where the run lies. */
  directory: string;
  /** What was found. */
  rankings: Rankings;
  /** What this process computed. */
  tally: Tally;
  /** What the null took; null where the audit was not calibrated. */
  calibration: Tally | null;
}

/** How an interrupted audit is gone on with. */
export interface ResumeOptions {
  /** Try again what failed: completions without finite log-probabilities, or that the reference could not score. Default false. */
  retryErrors?: boolean;
  /** What the audit is asked now, which must be what it was asked before. Default: that. */
  options?: AuditOptions;
  /** Where and how the models are run from now on, where that is to be otherwise than before. */
  layout?: AuditLayout;
}

/** What of an audit's settings says how its work is done, not what comes of it. */
export type AuditLayout = Pick<
  AuditOptions,
  "placement" | "model" | "context" | "endpoints" | "inProcess" | "referenceDevices"
>;

/**
 * Audits a finetuned model against a reference: lets it continue the corpora's prefills, scores every completion under both
 * models, ranks them, and leaves a run directory; with `calibrate` the reference continues them, too, for a null. An aborted
 * signal leaves what has been computed, readable and without a summary, and rejects with CANCELLED: resumeAudit goes on with it.
 */
export async function audit(given: AuditOptions, hooks: AuditHooks = {}): Promise<AuditResult> {
  const { signal, onEvent = () => {} } = hooks;
  const startedAt = new Date();
  const options = resolveAuditOptions(given);
  const directory = options.directory ?? defaultDirectory(options.lora?.path ?? options.finetuned, startedAt);
  const isNew = await makeRunDirectory(directory);
  const lock = await lockRun(runPaths(directory).lock);
  try {
    const ready = await prepareAudit(options, onEvent, signal);
    return await perform(ready, directory, null, startedAt, hooks);
  } finally {
    await lock.release();
    if (isNew) await removeIfEmpty(directory);
  }
}

/**
 * Goes on with an audit that was interrupted, with the settings that it was begun with: its rankings and summary are those of one that
 * was not. Damaged lines of its journals are left out, and what they held is computed again. Throws BAD_RUN for a directory without a
 * run, one that another process is writing, and where models, corpora or settings are not what they were.
 */
export async function resumeAudit(
  directory: string,
  { retryErrors = false, options, layout = {} }: ResumeOptions = {},
  hooks: AuditHooks = {},
): Promise<AuditResult> {
  const { signal, onEvent = () => {} } = hooks;
  const startedAt = new Date();
  // Where there is no run there is nothing to lock; what it says is read once nobody else can change it.
  await readRunRecord(directory);
  const lock = await lockRun(runPaths(directory).lock);
  try {
    const recorded = await readRunRecord(directory);
    for (const folder of [directory, runPaths(directory).null]) await removeDrafts(folder);
    if (lock.recovered) onEvent({ type: "note", message: "The process that was writing this run is gone: going on." });
    const asked: AskedAuditOptions = resolveAuditOptions(
      withLayout(options ?? recordedOptions(recorded, directory), layout),
    );
    const ready = await prepareAudit({ ...asked, directory }, onEvent, signal);
    return await perform(ready, directory, { retryErrors, recorded }, startedAt, hooks);
  } finally {
    await lock.release();
  }
}

function withLayout(options: AuditOptions, { model, context, endpoints, ...rest }: AuditLayout): AuditOptions {
  return {
    ...options,
    ...rest,
    model: { ...options.model, ...model },
    context: { ...options.context, ...context },
    endpoints: { ...options.endpoints, ...endpoints },
  };
}

async function perform(
  ready: ReadyAudit,
  directory: string,
  resume: (Resume & { recorded: RunRecord }) | null,
  startedAt: Date,
  { signal, onEvent = () => {} }: AuditHooks,
): Promise<AuditResult> {
  try {
    const paths = runPaths(directory);
    const record = manifest(ready, directory, startedAt);
    if (resume === null) await writeJsonAtomic(paths.run, record);
    else {
      refuseOtherRun(directory, resume.recorded, record);
      await recordResume(directory, resume.recorded, startedAt, resume);
      // From here on the journals may change, and what was made of them is not that of the run any more.
      await rm(paths.summary, { force: true });
      await syncDirectory(directory);
    }
    await writeVocabulary(paths.vocabulary, ready.tokens.finetuned.vocabulary);
    onEvent({ type: "directory", directory });
    const { tallies, ...made } = await compute(ready, { directory, onEvent, signal }, resume);
    onEvent({ type: "phase", phase: "rank", completions: 0 });
    const rankings = await rankRun(directory, ready.options.rank, signal && { signal });
    await writeJsonAtomic(paths.performance, performanceRecord(tallies, resume !== null, startedAt, new Date()));
    await writeJsonAtomic(paths.summary, {
      schema: "telltale.summary/1",
      completions: made.completions,
      ...(made.nullCompletions !== null && { nullCompletions: made.nullCompletions }),
      engines: lastingFacts(ready.facts),
      rankings,
    });
    return { directory, rankings, tally: tallies.run, calibration: tallies.calibration };
  } finally {
    await closeAudit(ready);
  }
}
