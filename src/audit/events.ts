import type { EngineFacts } from "../engine/engine.js";
import type { Role } from "../journal/records.js";

/** What an audit tells while it runs. */
export type AuditEvent =
  /** Where the run is written; it can be read from the first completions on. */
  | { type: "directory"; directory: string }
  /** A step has begun. `total` counts completions; 0 where there is nothing to count. */
  | { type: "phase"; phase: AuditPhase; configuration?: string; total: number }
  /** Of the step that is under way. */
  | { type: "progress"; completionsDone: number; tokensDone: number }
  /** Something a person should know: a decision that was taken, an oddity of a file. */
  | { type: "note"; message: string }
  /** A model is ready, with what it really uses. */
  | { type: "engine"; role: Role; facts: EngineFacts };

export type AuditPhase =
  | "hash models"
  | "load finetuned"
  | "load reference"
  | "make prefills"
  | "generate"
  | "score finetuned"
  | "score reference"
  | "rank";

export type OnAuditEvent = (event: AuditEvent) => void;
