/** Every failure Telltale reports: what kind it is, and how the command line exits for it. */
export const ERROR_EXIT_CODES = {
  /** An argument or option is wrong. */
  BAD_ARGUMENT: 2,
  /** A file or directory is missing, unreadable, or not what was asked for. */
  FILE_UNREADABLE: 3,
  /** A run directory cannot be used as asked (it exists already, is damaged, is unfinished). */
  BAD_RUN: 3,
  /** Writing failed: disk full, read-only, no permission. */
  WRITE_FAILED: 4,
  /** The file is not a GGUF model this program can run. */
  BAD_MODEL: 5,
  /** The adapter does not belong to the model, or is no adapter. */
  BAD_ADAPTER: 5,
  /** `chat` was asked for and the model has no usable chat template. */
  NO_CHAT_TEMPLATE: 5,
  /** The two models do not have the same vocabulary. */
  VOCABULARY_MISMATCH: 5,
  /** The corpus cannot be read, is empty, or holds no document that is long enough. */
  BAD_CORPUS: 6,
  /** A download failed, or what arrived is not what its hash promises. */
  DOWNLOAD_FAILED: 6,
  /** The llama.cpp libraries or the addon cannot be loaded, or are of another version. */
  NO_LIBRARY: 7,
  /** The backend that was asked for is not there. */
  NO_BACKEND: 7,
  /** Not enough memory for the model or its context. */
  OUT_OF_MEMORY: 8,
  /** The engine failed while it ran. */
  ENGINE_FAILED: 9,
  /** The engine's process ended by itself: a signal, an abort, the kernel's out-of-memory killer. */
  ENGINE_DIED: 9,
  /** A model gave NaN or infinity for a log-probability. */
  NON_FINITE: 9,
  /** The engine is closed or busy with another job. */
  ENGINE_UNAVAILABLE: 9,
  /** No endpoint of a model answers, or they keep failing. */
  ENDPOINT_FAILED: 10,
  /** What an endpoint answers cannot be used: it would be wrong without a word. */
  ENDPOINT_UNSUITABLE: 10,
  /** Cancelled by the caller. */
  CANCELLED: 130,
} as const;

/** What kind of failure it is. */
export type ErrorCode = keyof typeof ERROR_EXIT_CODES;

/** What is known beside the sentence. */
export interface ErrorDetails {
  /** What was going on, e.g. "load", "generate", "score". */
  phase?: string;
  /** The model file it was about. */
  model?: string;
  /** The last lines of llama.cpp's log, oldest first. */
  log?: readonly string[];
  /** The error behind it. */
  cause?: unknown;
}

/** The one error class of Telltale: a code for programs, a sentence for people that says what to do next. */
export class TelltaleError extends Error {
  override readonly name = "TelltaleError";
  /** What kind of failure it is. */
  readonly code: ErrorCode;
  /** What was going on, e.g. "load"; undefined where that says nothing. */
  readonly phase: string | undefined;
  /** The model file it was about. */
  readonly model: string | undefined;
  /** The last lines of llama.cpp's log, oldest first. */
  readonly log: readonly string[];

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.phase = details.phase;
    this.model = details.model;
    this.log = details.log ?? [];
  }

  /** The exit status the command line ends with for this error. */
  get exitCode(): number {
    return ERROR_EXIT_CODES[this.code];
  }
}
