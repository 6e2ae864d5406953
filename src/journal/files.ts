import { join } from "node:path";
import type { ScoreSource } from "./records.js";

/** Names of the files of a run, inside its directory. */
export const RUN_FILES = {
  /** Written first: what was asked. */
  run: "run.json",
  completions: "completions.jsonl",
  scores: (source: ScoreSource): string => `scores.${source}.jsonl`,
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
    vocabulary: join(directory, RUN_FILES.vocabulary),
    null: join(directory, RUN_FILES.null),
    noise: join(directory, RUN_FILES.noise),
    performance: join(directory, RUN_FILES.performance),
    summary: join(directory, RUN_FILES.summary),
  };
}
