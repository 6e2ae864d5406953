import { mkdir } from "node:fs/promises";
import type { JobWork, Vocabulary } from "../engine/engine.js";
import { noWork } from "../engine/job.js";
import { writeFailed } from "../io-errors.js";
import { runPaths } from "../journal/files.js";
import type { Role } from "../journal/records.js";
import { JournalWriter } from "../journal/writer.js";
import type { AuditPhase, OnAuditEvent } from "./events.js";
import type { ResolvedAuditOptions } from "./options.js";

/** What the steps of an audit share: those of the run, and apart from them those of its null. */
export interface Workshop {
  options: ResolvedAuditOptions;
  /** Where the journals are: the run's directory, or its null's. */
  directory: string;
  /** Who continues the prefills: the finetuned model in the run, the reference in its null. */
  author: Role;
  vocabulary: Vocabulary;
  /** `captured`: null where every completion is scored. */
  journals: Record<"completions" | Role, JournalWriter> & { captured: JournalWriter | null };
  onEvent: OnAuditEvent;
  signal: AbortSignal | undefined;
  tally: Tally;
  phase: PhaseProgress;
  /** Completions that a model with other tokens could not score, by what was in the way. */
  unscored: Map<string, number>;
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

/** Of a run, and of its null where it is calibrated. */
export interface Tallies {
  run: Tally;
  calibration: Tally | null;
}

/** Opens the journals of a run, or of its null, in a directory that is made where it is missing. */
export async function openWorkshop(
  given: Omit<Workshop, "journals" | "tally" | "phase" | "unscored">,
): Promise<Workshop> {
  const { directory, author, options } = given;
  await mkdir(directory, { recursive: true }).catch((cause: unknown) => {
    throw writeFailed(directory, cause);
  });
  const paths = runPaths(directory);
  // What the reference captured while generating could only stand in for its own scores: a null is scored whole.
  const captured = options.finetunedScores === "captured" && author === "finetuned";
  const journals = {
    completions: await JournalWriter.open(paths.completions),
    finetuned: await JournalWriter.open(paths.finetuned),
    reference: await JournalWriter.open(paths.reference),
    captured: captured ? await JournalWriter.open(paths.captured) : null,
  };
  const nothing = (): Work => ({ completions: 0, tokens: 0, seconds: 0, spent: noWork() });
  const tally = { generated: nothing(), scored: { finetuned: nothing(), reference: nothing() } };
  return { ...given, journals, tally, phase: { before: totals(tally), steps: 1 }, unscored: new Map() };
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
