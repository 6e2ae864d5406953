import type { ErrorCode } from "../../errors.js";
import type { GenerateRequest, JobProgress, LocalFacts, ScoreRequest, TokenizeOptions } from "../engine.js";
import type { ContextOptions, ModelOptions } from "../options.js";

/**
 * What the parent asks of the engine process, which is opened once: with a model and contexts on it, or with the vocabulary
 * of a file. `engine` is the index into the contexts that were opened; a vocabulary is 0.
 */
export type Request =
  | { call: "open"; model: ModelOptions; contexts: readonly ContextOptions[] }
  | { call: "open"; vocabulary: string }
  | { call: "tokenize"; engine: number; texts: readonly string[]; options: TokenizeOptions }
  | { call: "detokenize"; engine: number; sequences: readonly Int32Array[] }
  | { call: "vocabulary"; engine: number }
  | { call: "generate"; engine: number; request: GenerateRequest }
  | { call: "score"; engine: number; request: ScoreRequest }
  | { call: "peakMemory"; engine: number }
  | { call: "close"; engine: number };

/** A request with its number, or the wish to cancel the job of that number. */
export type ToChild = { id: number; request: Request } | { id: number; cancel: true };

/** What comes back: batches and progress of a job, then exactly one result or error. */
export type FromChild =
  | { id: number; batch: unknown[] }
  | { id: number; progress: JobProgress }
  | { id: number; result: unknown }
  | { id: number; error: PlainError };

/** An error as it crosses between processes. */
export interface PlainError {
  code: ErrorCode;
  message: string;
  phase: string | undefined;
  model: string | undefined;
  log: readonly string[];
}

export type OpenResult = LocalFacts[];
