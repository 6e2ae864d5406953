import { TelltaleError } from "../errors.js";
import { runPaths } from "../journal/files.js";
import { ROLES, type Role } from "../journal/records.js";
import { writeVocabulary } from "../journal/vocabulary.js";
import { completionIds } from "./completions.js";
import type { AuditPhase } from "./events.js";
import { failureNotes } from "./failures.js";
import { isSettled } from "./ledger.js";
import { nameOf } from "./models.js";
import type { CorpusPrefills } from "./prefills.js";
import { factsOf, type ReadyAudit } from "./prepare.js";
import { rescore } from "./rescore.js";
import { generateStep, scoreJournal, scoreStep } from "./steps.js";
import { prefillsOfReference } from "./tokens.js";
import { layoutOf, waves } from "./waves.js";
import { beginPhase, closeWorkshop, openWorkshop, type Resume, type Tallies, type Workshop } from "./workshop.js";

export interface Computed {
  /** What this process did. */
  tallies: Tallies;
  /** Completions in the run and in its null, whoever made them; null where the audit is not calibrated. */
  completions: number;
  nullCompletions: number | null;
}

/**
 * Generates and scores the run's completions, and its null's where it is to be calibrated. The null comes after the run, and its
 * directory with it: a run that is interrupted before has none.
 */
export async function compute(
  ready: ReadyAudit,
  common: Pick<Workshop, "directory" | "onEvent" | "signal">,
  resume: Resume | null,
): Promise<Computed> {
  const shops: Workshop[] = [];
  const open = async (author: Role, directory: string): Promise<Workshop> => {
    const { vocabulary } = ready.tokens[author] ?? ready.tokens.finetuned;
    const shop = await openWorkshop({ ...common, vocabulary, options: ready.options, author, directory }, resume);
    shops.push(shop);
    return shop;
  };
  const openNull = async (): Promise<Workshop | null> => {
    if (!ready.options.calibrate) return null;
    const shop = await open("reference", runPaths(common.directory).null);
    // The run's vocabulary serves both where the tokens are the same.
    if (ready.tokens.differ !== null) await writeVocabulary(runPaths(shop.directory).vocabulary, shop.vocabulary);
    return shop;
  };
  try {
    const run = await open("finetuned", common.directory);
    const together = ready.placement.placement === "side-by-side";
    const calibration = await (together ? sideBySide : oneAfterTheOther)(ready, run, openNull);
    for (const message of shops.flatMap(failureNotes)) common.onEvent({ type: "note", message });
    for (const shop of shops) refuseAllFailed(ready, shop);
    return {
      tallies: { run: run.tally, calibration: calibration?.tally ?? null },
      completions: madeIn(run),
      nullCompletions: calibration && madeIn(calibration),
    };
  } finally {
    await Promise.all(shops.map(closeWorkshop));
  }
}

type Computing = (
  ready: ReadyAudit,
  run: Workshop,
  openNull: () => Promise<Workshop | null>,
) => Promise<Workshop | null>;

const sideBySide: Computing = async (ready, run, openNull) => {
  await makeCompletions(ready, run, "audit");
  await scoreCaptured(ready, run);
  const calibration = await openNull();
  if (calibration !== null) await makeCompletions(ready, calibration, "calibrate");
  return calibration;
};

/** Loads the finetuned model, the reference, and where anything is left for it, the finetuned one once more. */
const oneAfterTheOther: Computing = async (ready, run, openNull) => {
  await makeCompletions(ready, run, "audit");
  await changeTo(ready, "reference", run.signal);
  await scoreAll(ready, run, "audit", "reference");
  const calibration = await openNull();
  if (calibration !== null) await makeCompletions(ready, calibration, "calibrate");
  if (calibration === null && run.journals.captured === null) return null;
  await changeTo(ready, "finetuned", run.signal);
  await scoreCaptured(ready, run);
  if (calibration !== null) await scoreAll(ready, calibration, "calibrate", "finetuned");
  return calibration;
};

/** Generates every wave, and scores it under those models that are loaded before the next one. */
async function makeCompletions(ready: ReadyAudit, shop: Workshop, phase: AuditPhase): Promise<void> {
  const { room } = ready;
  const scorers: Role[] = shop.journals.captured === null ? ["finetuned", "reference"] : ["reference"];
  const loaded = scorers.filter(room.isLoaded);
  const { completions, unmade } = shop.ledger;
  beginPhase(shop, phase, completionsOf(ready) - completions.size - unmade.size, 1 + loaded.length);
  for (const role of loaded) await scoreJournal(shop, ready, role, (id) => !shop.ledger.scored[role].has(id));
  const corpora = await corporaOf(ready, shop.author);
  const isDone = (configuration: string, place: number): boolean =>
    completionIds(configuration, place, ready.options.samples).every((id) => isSettled(shop.ledger, id));
  for (const wave of waves(corpora, ready.heads[shop.author], layoutOf(ready), isDone)) {
    const records = await generateStep(shop, room.engine(shop.author), wave);
    for (const role of loaded) await scoreStep(shop, ready, role, wave.head.format, records);
  }
}

async function scoreAll(ready: ReadyAudit, shop: Workshop, phase: AuditPhase, role: Role): Promise<void> {
  const { scored } = shop.ledger;
  beginPhase(shop, phase, completionsOf(ready) - scored[role].size, 1);
  await scoreJournal(shop, ready, role, (id) => !scored[role].has(id));
}

async function scoreCaptured(ready: ReadyAudit, run: Workshop): Promise<void> {
  // Servers may not be able to score: what was seen while generating stands.
  const here = ready.models.finetuned.kind === "file";
  if (run.journals.captured !== null && here) await rescore(run, ready);
}

/** Loads a model in the place of the other one. */
async function changeTo(ready: ReadyAudit, role: Role, signal: AbortSignal | undefined): Promise<void> {
  const { room, contextSequence } = ready;
  await room.unload(role === "finetuned" ? "reference" : "finetuned");
  await room.load([role], contextSequence[role], signal);
  ready.facts = { ...factsOf(room), ...ready.facts };
}

/** A model of which no completion has finite figures is no oddity of some of them, but broken. */
function refuseAllFailed({ models }: ReadyAudit, shop: Workshop): void {
  const made = madeIn(shop);
  for (const step of ["generate", ...ROLES] as const) {
    const failed = shop.failures.get(JSON.stringify([step, "NON_FINITE"])) ?? 0;
    if (failed === 0 || (step === "generate" ? made > 0 : failed < made)) continue;
    const role = step === "generate" ? shop.author : step;
    const model = nameOf(models[role]);
    throw new TelltaleError(
      "NON_FINITE",
      `${model} gives no finite log-probabilities for any completion: its weights hold NaN or infinity, or lead to them. Look at it with \`telltale doctor\`.`,
      { phase: step, model },
    );
  }
}

function madeIn({ ledger, tally }: Workshop): number {
  return ledger.completions.size + tally.generated.completions;
}

/** The prefills that a model continues: in its own tokens. */
async function corporaOf({ corpora, tokens }: ReadyAudit, author: Role): Promise<readonly CorpusPrefills[]> {
  return author === "finetuned" ? corpora : prefillsOfReference(corpora, tokens);
}

function completionsOf({ corpora, heads, options }: ReadyAudit): number {
  return corpora.reduce((sum, corpus) => sum + corpus.prefills.length, 0) * heads.finetuned.length * options.samples;
}
