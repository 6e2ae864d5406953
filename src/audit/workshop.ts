import { mkdir } from "node:fs/promises";
import type { JobWork, Vocabulary } from "../engine/engine.js";
import { noWork } from "../engine/job.js";
import { writeFailed } from "../io-errors.js";
import { runPaths } from "../journal/files.js";
import type { Role } from "../journal/records.js";
import type { Repair } from "../journal/repair.js";
import { JournalWriter } from "../journal/writer.js";
import type { AuditPhase, OnAuditEvent } from "./events.js";
import { emptyLedger, type Ledger, openLedger } from "./ledger.js";
import type { ResolvedAuditOptions } from "./options.js";
import type { Tolerance } from "./tolerant.js";

/** What the steps of an audit share: those of the run, and apart from them those of its null. */
export interface Workshop {
  options: ResolvedAuditOptions;
  /** Where the journals are: the run's directory, or its null's. */
  directory: string;
  /** Who continues the prefills: the finetuned model in the run, the reference in its null. */
  author: Role;
  vocabulary: Vocabulary;
  /** `captured`: null where every completion is scored. */
  journals: Record<"completions" | Role, JournalWriter> & {
    captured: JournalWriter | null;
    /** Opened with the first failure. */
    errors: JournalWriter | null;
  };
  onEvent: OnAuditEvent;
  signal: AbortSignal | undefined;
  tally: Tally;
  phase: PhaseProgress;
  /** What the journals held when they were opened. */
  ledger: Ledger;
  /** Completions that could not be made or scored, by the step and what was in the way. */
  failures: Map<string, number>;
  tolerance: Tolerance;
}

/** How far the phase is: what had been done before it, and how many steps a completion goes through in it. */
export interface PhaseProgress {
  before: { completions: number; tokens: number };
  steps: number;
}

/** What was computed and how long it took: seconds of the engines' own work. */
export interface Tally {
  /** By the finetuned model; in a null by the reference. */
  generated: Work;
  /** By each model. */
  scored: Record<Role, Work>;
}

/** What one kind of work amounts to. */
export interface Work {
  /** Completions made or scored. */
  completions: number;
  /** Their tokens. */
  tokens: number;
  /** As the audit sees it; `spent` is the engine's own account of it. */
  seconds: number;
  /** The engine's own account. */
  spent: JobWork;
}

/** Of a run, and of its null where it is calibrated. */
export interface Tallies {
  run: Tally;
  calibration: Tally | null;
}

/** How a run that was interrupted is gone on with. */
export interface Resume {
  /** Try again what failed. */
  retryErrors: boolean;
}

/** What openWorkshop is given; the rest it makes. */
type NewWorkshop = Pick<Workshop, "options" | "directory" | "author" | "vocabulary" | "onEvent" | "signal">;

/** Opens the journals of a run, or of its null, in a directory that is made where it is missing; `resume`: null for a new run. */
export async function openWorkshop(given: NewWorkshop, resume: Resume | null): Promise<Workshop> {
  const { directory, author, options, onEvent } = given;
  await mkdir(directory, { recursive: true }).catch((cause: unknown) => {
    throw writeFailed(directory, cause);
  });
  const paths = runPaths(directory);
  // What the reference captured while generating could only stand in for its own scores: a null is scored whole.
  const captured = options.finetunedScores === "captured" && author === "finetuned";
  const opened = resume && (await openLedger(directory, { captured, ...resume }));
  if (opened !== null) for (const message of repairNotes(directory, opened.repair)) onEvent({ type: "note", message });
  const journals = await openJournals(paths, captured);
  const nothing = (): Work => ({ completions: 0, tokens: 0, seconds: 0, spent: noWork() });
  const tally = { generated: nothing(), scored: { finetuned: nothing(), reference: nothing() } };
  return {
    ...given,
    journals,
    tally,
    phase: { before: totals(tally), steps: 1 },
    ledger: opened?.ledger ?? emptyLedger(),
    failures: new Map(),
    tolerance: { bad: opened?.ledger.nonFinite ?? 0 },
  };
}

async function openJournals(paths: ReturnType<typeof runPaths>, captured: boolean): Promise<Workshop["journals"]> {
  const opened: JournalWriter[] = [];
  const open = async (path: string): Promise<JournalWriter> => {
    const journal = await JournalWriter.open(path);
    opened.push(journal);
    return journal;
  };
  try {
    return {
      errors: null,
      completions: await open(paths.completions),
      finetuned: await open(paths.finetuned),
      reference: await open(paths.reference),
      captured: captured ? await open(paths.captured) : null,
    };
  } catch (error) {
    await Promise.all(opened.map((journal) => journal.close()));
    throw error;
  }
}

function repairNotes(directory: string, { torn, damaged, dropped }: Repair): string[] {
  const lines = (count: number): string => (count === 1 ? "1 line" : `${count} lines`);
  return [
    ...(torn ? [`A last line in ${directory} was cut short when the run was interrupted: it is computed again.`] : []),
    ...(damaged > 0 ? [`Damaged in the journals of ${directory}: ${lines(damaged)}, computed again.`] : []),
    ...(dropped > 0 ? [`Left out with those, or because they were there twice: ${lines(dropped)}.`] : []),
  ];
}

export async function closeWorkshop({ journals }: Workshop): Promise<void> {
  await Promise.all(Object.values(journals).map((journal) => journal?.close()));
}

/** Begins a phase in which `completions` completions go through `steps` steps each. */
export function beginPhase(shop: Workshop, phase: AuditPhase, completions: number, steps: number): void {
  shop.onEvent({ type: "phase", phase, completions });
  shop.phase = { before: totals(shop.tally), steps };
}

/** Of all steps together. */
export function totals({ generated, scored }: Tally): { completions: number; tokens: number } {
  const parts = [generated, scored.finetuned, scored.reference];
  return {
    completions: parts.reduce((sum, part) => sum + part.completions, 0),
    tokens: parts.reduce((sum, part) => sum + part.tokens, 0),
  };
}
