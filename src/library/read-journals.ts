import { basename } from "node:path";
import { cancelled } from "../engine/job.js";
import { runPaths } from "../journal/files.js";
import { exists } from "../journal/open-file.js";
import { parseCompletionRecord, parseErrorRecord } from "../journal/parse.js";
import { readRecords } from "../journal/reader.js";
import type { CompletionRecord, ErrorRecord, ScoreSource } from "../journal/records.js";
import { type ModelScores, parseScores } from "../rank/model-scores.js";
import { lineProblem } from "../rank/problems.js";
import { missingRun } from "../rank/scan-run.js";
import type { Hooks } from "./hooks.js";
import type { RunEvent } from "./rank-options.js";

/** How the journals of a run are read. */
export type ReadOptions = Hooks<RunEvent>;

/**
 * The completions of a run, finished or not, in the order in which they were made, in constant memory; of a calibrated run's null with
 * the folder `null` in its directory. Every line's checksum is checked; a line that is damaged or cut short is passed over, and told
 * as an event.
 *
 * Throws FILE_UNREADABLE for a directory without completions, CANCELLED.
 */
export function readCompletions(run: string, options: ReadOptions = {}): AsyncGenerator<CompletionRecord, void, void> {
  return readJournal(run, runPaths(run).completions, parseCompletionRecord, options);
}

/**
 * The log-probabilities of a run's completions, in the order in which they were made, which is another one for each model: join them
 * by `id`. `source`: "finetuned" or "reference", as scored; "captured": as seen while generating, where a run has them. Lines are
 * checked as in readCompletions.
 *
 * Throws FILE_UNREADABLE for a run without such scores, CANCELLED.
 */
export function readScores(
  run: string,
  source: ScoreSource,
  options: ReadOptions = {},
): AsyncGenerator<ModelScores, void, void> {
  return readJournal(run, runPaths(run)[source], parseScores, options);
}

/**
 * The completions of a run that a model could not make or score, and why; none where nothing failed. Lines are checked as in
 * readCompletions.
 *
 * Throws FILE_UNREADABLE or BAD_RUN for what is no run, CANCELLED.
 */
export async function* readFailures(run: string, options: ReadOptions = {}): AsyncGenerator<ErrorRecord, void, void> {
  const { errors, completions } = runPaths(run);
  if (await exists(errors)) yield* readJournal(run, errors, parseErrorRecord, options);
  else if (!(await exists(completions))) throw await missingRun(run);
}

async function* readJournal<T>(
  run: string,
  path: string,
  parse: (value: unknown) => T,
  { signal, onEvent }: ReadOptions,
): AsyncGenerator<T, void, void> {
  if (signal?.aborted) throw cancelled();
  const records = readRecords(path, parse, {
    onProblem: (found) => onEvent?.({ type: "problem", run, problem: lineProblem(basename(path), found.line, found) }),
  });
  for await (const { record } of records) {
    if (signal?.aborted) throw cancelled();
    yield record;
  }
}
