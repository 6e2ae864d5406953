import type { EngineFacts } from "../engine/engine.js";
import type { DownloadProgress } from "../hub/settings.js";
import type { Role } from "../journal/records.js";

/** What an audit tells while it runs. */
export type AuditEvent =
  /** Where the run is written; it can be read from the first completions on. */
  | {
      type: "directory";
      /** As it was asked for, or chosen. */
      directory: string;
    }
  /**
   * A phase has begun. "audit" and "calibrate" begin a second time, with the same count, where the other model has to be loaded for
   * what is left of them.
   */
  | {
      type: "phase";
      /** Which. */
      phase: AuditPhase;
      /** How many it will make and score; 0 where there is nothing to count. */
      completions: number;
    }
  /** A file of a corpus or a model is being downloaded; or looked through for its hash. */
  | ({ type: "download" } & DownloadProgress)
  /** Within the phases "audit", "calibrate" and "rescore": what is done now, wave after wave, for which configuration. */
  | {
      type: "step";
      /** What is done now. */
      step: AuditStep;
      /** Corpus and format, e.g. "builtin/chat". */
      configuration: string;
    }
  /** Within those phases, several times a second. */
  | {
      type: "progress";
      /** Completions of the phase, an equal part of each for every step it goes through (generated, scored by either model). */
      completionsDone: number;
      /** Tokens generated and scored in the phase so far. */
      tokensDone: number;
    }
  /** Something a person should know: a decision that was taken, an oddity of a file. */
  | {
      type: "note";
      /** A sentence. */
      message: string;
    }
  /** A model is ready, with what it really uses. */
  | {
      type: "engine";
      /** Which. */
      role: Role;
      /** Read back after loading. */
      facts: EngineFacts;
    };

/** What an audit does one after the other; which of these depends on its options. */
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

/** What a phase that computes does, wave after wave. */
export type AuditStep = "generate" | "score finetuned" | "score reference";

/** Who is told. */
export type OnAuditEvent = (event: AuditEvent) => void;
