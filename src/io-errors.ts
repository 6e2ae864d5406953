import { type ErrorDetails, TelltaleError } from "./errors.js";
import { quoted } from "./safe-text.js";

const REASONS: Record<string, readonly [why: string, what: string]> = {
  ENOSPC: ["the disk is full", "Free some space and try again."],
  EDQUOT: ["your disk quota is used up", "Free some space and try again."],
  EFBIG: ["a limit on the size of files was reached", "Raise the limit or use another disk."],
  EROFS: ["the file system is read-only", "Choose a directory that can be written."],
  EACCES: ["permission was denied", "Change its permissions or choose another path."],
  EPERM: ["permission was denied", "Change its permissions or choose another path."],
  ENOENT: ["it does not exist", "Check the path."],
  ENOTDIR: ["a part of its path is a file, not a directory", "Check the path."],
  EISDIR: ["it is a directory, not a file", "Check the path."],
  EMFILE: ["too many files are open", "Close other programs or raise the limit."],
  ENAMETOOLONG: ["its path is too long", "Choose a shorter path."],
  EIO: ["the disk reported an error", "Check the disk, then try again."],
};

/** Node's code of a file system error, e.g. "ENOSPC"; "" where there is none. */
export function systemCode(cause: unknown): string {
  return cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : "";
}

/** WRITE_FAILED as a sentence: which file, why, and what to do next. */
export function writeFailed(path: string, cause: unknown): TelltaleError {
  return new TelltaleError("WRITE_FAILED", `${shown(path)} could not be written: ${explainFailure(cause)}`, { cause });
}

/** FILE_UNREADABLE as a sentence: which file, why, and what to do next. */
export function readFailed(path: string, cause: unknown, details: ErrorDetails = {}): TelltaleError {
  const sentence = `${shown(path)} could not be read: ${explainFailure(cause)}`;
  return new TelltaleError("FILE_UNREADABLE", sentence, { ...details, cause });
}

/** Why a file system call failed and what to do next: the end of a sentence and another one. */
export function explainFailure(cause: unknown): string {
  const code = systemCode(cause);
  const [why, what] = REASONS[code] ?? [
    `the system reported ${code || String(cause)}`,
    "Check the path and the disk, then try again.",
  ];
  return `${why}. ${what}`;
}

/** A path's end is what tells it from others, so it is cut far later than other text. */
function shown(path: string): string {
  return quoted(path, 4096);
}
