import { join } from "node:path";
import type { ScoreSource } from "./records.js";

/** Names of the files of a run, inside its directory. */
export const RUN_FILES = {
  /** Written first: what was asked. */
  run: "run.json",
  completions: "completions.jsonl",
  scores: (source: ScoreSource): string => `scores.${source}.jsonl`,
  /** Completions that a model could not make or score, and why: they are not tried again. */
  errors: "errors.jsonl",
  /** With captured scores: what the finetuned model was to score, round by round. */
  rounds: "rescore.json",
  /** There while a process writes the run: who it is. */
  lock: "run.lock",
  /** The tokens' bytes, so that a run can be shown token by token without its models. */
  vocabulary: "vocabulary.json",
  /** Of a calibrated run: the same files for what the reference made of the prefills. */
  null: "null",
  /** How far figures depend on what they are computed beside. */
  noise: "noise.json",
  /** How long the work took. */
  performance: "performance.json",
  /** Written last: a run without it is unfinished. */
  summary: "summary.json",
} as const;

/** The paths of a run's files. */
export function runPaths(directory: string) {
  return {
    run: join(directory, RUN_FILES.run),
    completions: join(directory, RUN_FILES.completions),
    finetuned: join(directory, RUN_FILES.scores("finetuned")),
    reference: join(directory, RUN_FILES.scores("reference")),
    captured: join(directory, RUN_FILES.scores("captured")),
    errors: join(directory, RUN_FILES.errors),
    rounds: join(directory, RUN_FILES.rounds),
    lock: join(directory, RUN_FILES.lock),
    vocabulary: join(directory, RUN_FILES.vocabulary),
    null: join(directory, RUN_FILES.null),
    noise: join(directory, RUN_FILES.noise),
    performance: join(directory, RUN_FILES.performance),
    summary: join(directory, RUN_FILES.summary),
  };
}
