import type { EngineFacts } from "../engine/engine.js";
import type { DownloadProgress } from "../hub/settings.js";
import type { Role } from "../journal/records.js";

/** What an audit tells while it runs. */
export type AuditEvent =
  /** Where the run is written; it can be read from the first completions on. */
  | { type: "directory"; directory: string }
  /**
   * A phase has begun. `completions`: how many it will make and score; 0 where there is nothing to count. "audit" and "calibrate"
   * begin a second time, with the same count, where the other model has to be loaded for what is left of them.
   */
  | { type: "phase"; phase: AuditPhase; completions: number }
  /** A file of a corpus or a model is being downloaded; or looked through for its hash. */
  | ({ type: "download" } & DownloadProgress)
  /** Within the phases "audit", "calibrate" and "rescore": what is done now, wave after wave, for which configuration. */
  | { type: "step"; step: AuditStep; configuration: string }
  /**
   * Within those phases, several times a second: completions of the phase, an equal part of each for every step it goes through
   * there (generated, scored by either model); and tokens generated and scored in the phase so far.
   */
  | { type: "progress"; completionsDone: number; tokensDone: number }
  /** Something a person should know: a decision that was taken, an oddity of a file. */
  | { type: "note"; message: string }
  /** A model is ready, with what it really uses. */
  | { type: "engine"; role: Role; facts: EngineFacts };

export type AuditPhase =
  | "find models"
  | "probe finetuned"
  | "probe reference"
  | "hash models"
  | "load finetuned"
  | "load reference"
  | "make prefills"
  | "audit"
  | "calibrate"
  | "rescore"
  | "rank";

export type AuditStep = "generate" | "score finetuned" | "score reference";

export type OnAuditEvent = (event: AuditEvent) => void;
