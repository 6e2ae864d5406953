import { runPaths } from "../journal/files.js";
import { writeJsonAtomic } from "../journal/json-file.js";
import { rankRun } from "../rank/run.js";
import type { Rankings } from "../rank/schema.js";
import { defaultDirectory, makeRunDirectory, removeIfEmpty } from "./directory.js";
import type { OnAuditEvent } from "./events.js";
import { manifest, performanceRecord } from "./manifest.js";
import { type AuditOptions, resolveAuditOptions } from "./options.js";
import { factsOf, prepareAudit, type ReadyAudit } from "./prepare.js";
import { rescore } from "./rescore.js";
import {
  beginPhase,
  closeJournals,
  emptyTally,
  generateStep,
  openJournals,
  scoreJournal,
  scoreStep,
  type Tally,
  type Workshop,
} from "./steps.js";
import { waves } from "./waves.js";

export interface AuditHooks {
  signal?: AbortSignal;
  onEvent?: OnAuditEvent;
}

export interface AuditResult {
  /** Where the run lies. */
  directory: string;
  rankings: Rankings;
  tally: Tally;
}

/**
 * Audits a finetuned model against a reference: lets it continue the corpora's prefills, scores every completion under both
 * models, ranks them, and leaves a run directory. An aborted signal leaves what has been computed, readable and without a
 * summary, and rejects with CANCELLED.
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
    await writeJsonAtomic(runPaths(directory).run, manifest(ready, startedAt));
    onEvent({ type: "directory", directory });
    const tally = await compute(ready, directory, onEvent, signal);
    onEvent({ type: "phase", phase: "rank", completions: 0 });
    const rankings = await rankRun(directory, options.rank, signal && { signal });
    await writeJsonAtomic(runPaths(directory).performance, performanceRecord(tally, startedAt, new Date()));
    await writeJsonAtomic(runPaths(directory).summary, {
      schema: "telltale.summary/1",
      completions: tally.generated.completions,
      engines: ready.facts,
      rankings,
    });
    return { directory, rankings, tally };
  } finally {
    await ready.room.closeAll();
  }
}

async function compute(
  ready: ReadyAudit,
  directory: string,
  onEvent: OnAuditEvent,
  signal: AbortSignal | undefined,
): Promise<Tally> {
  const { options, room, corpora, heads } = ready;
  const completions = corpora.reduce((sum, corpus) => sum + corpus.prefills.length, 0) * heads.length * options.samples;
  const captured = options.finetunedScores === "captured";
  const shop: Workshop = {
    options,
    directory,
    vocabulary: await room.engine("finetuned").vocabulary(),
    journals: await openJournals(directory, options),
    onEvent,
    signal,
    tally: emptyTally(),
    phase: { before: { completions: 0, tokens: 0 }, steps: 1 },
  };
  beginPhase(shop, "audit", completions, captured ? 2 : 3);
  try {
    const together = ready.placement.placement === "side-by-side";
    for (const wave of waves(corpora, heads, options)) {
      const records = await generateStep(shop, room.engine("finetuned"), wave);
      if (!captured) await scoreStep(shop, room.engine("finetuned"), "finetuned", wave.head, records);
      if (together) await scoreStep(shop, room.engine("reference"), "reference", wave.head, records);
    }
    if (!together) {
      await room.close("finetuned");
      await room.load(["reference"], ready.contextSequence, signal);
      ready.facts = { ...ready.facts, ...factsOf(room) };
      await scoreJournal(shop, room.engine("reference"), "reference", corpora, heads);
    }
    if (captured) {
      if (!together) {
        await room.close("reference");
        await room.load(["finetuned"], ready.contextSequence, signal);
      }
      await rescore(shop, room.engine("finetuned"), corpora, heads);
    }
    return shop.tally;
  } finally {
    await closeJournals(shop.journals);
  }
}
