import { basename, dirname, resolve } from "node:path";
import { RUN_FILES, runPaths } from "../journal/files.js";
import type { CompletionRecord } from "../journal/records.js";
import { completionTokens, type ModelScores, sumModelScores } from "./model-scores.js";
import { withWorkers } from "./pool.js";
import { splitFile } from "./scan-run.js";
import type { RankTasks } from "./tasks.js";
import type { TokenDetail } from "./token-detail.js";
import type { WantedLines } from "./token-lines.js";
import { tokenValues } from "./token-values.js";

/** How completions are read token by token. */
export interface TokenDetailOptions {
  /** Ends the reading, which rejects with CANCELLED. */
  signal?: AbortSignal;
}

/**
 * Completions of a run, or of its `null` folder, token by token, in the order of `ids`; one that the run does not hold is left out.
 *
 * Every file is read once, on worker threads. As in a ranking, of several lines of one completion the first usable one counts, and
 * what was captured while generating stands in where the finetuned model has not scored it.
 */
export function readTokenDetails(
  directory: string,
  ids: ReadonlySet<string>,
  options: TokenDetailOptions = {},
): Promise<Map<string, TokenDetail>> {
  return withWorkers(options, (tasks) => readTokenDetailsWith(tasks, directory, ids));
}

/** The same with the steps done by `tasks`. */
export async function readTokenDetailsWith(
  tasks: RankTasks,
  directory: string,
  ids: ReadonlySet<string>,
): Promise<Map<string, TokenDetail>> {
  if (ids.size === 0) return new Map();
  const paths = runPaths(directory);
  const [lines, finetuned, reference, captured] = await Promise.all([
    readLines(paths.completions, ids, tasks.wantedCompletions),
    readLines(paths.finetuned, ids, tasks.wantedScores),
    readLines(paths.reference, ids, tasks.wantedScores),
    readLines(paths.captured, ids, tasks.wantedScores),
  ]);
  const found = new Map<string, CompletionRecord>();
  for (const record of lines) if (!found.has(record.id)) found.set(record.id, record);
  const records = [...ids].flatMap((id) => found.get(id) ?? []);
  const sequences = records.flatMap(({ completion, stop }) => splitEnd(completion, stop));
  const texts = await tasks.tokenTexts({ paths: vocabularyPaths(directory), sequences });
  const scores = {
    finetuned: usableScores(finetuned, found),
    reference: usableScores(reference, found),
    captured: usableScores(captured, found),
  };
  return new Map(
    records.map((record, i) => {
      const { id, prefill, completion, stop, bytes, prefillText, completionText } = record;
      const own = scores.finetuned.get(id);
      const values = tokenValues(own ?? scores.captured.get(id) ?? null, scores.reference.get(id) ?? null);
      const detail: TokenDetail = {
        id,
        prefill,
        completion,
        texts: texts?.slice(2 * i, 2 * i + 2).flat() ?? null,
        ...values,
        captured: own === undefined && scores.captured.has(id),
        stop,
        bytes,
        prefillText,
        completionText,
      };
      return [id, detail];
    }),
  );
}

/** The lines of these ids in a file, in its order; none where there is no such file. */
async function readLines<T>(
  path: string,
  ids: ReadonlySet<string>,
  read: (task: WantedLines) => Promise<T[]>,
): Promise<T[]> {
  const ranges = (await splitFile(path)) ?? [];
  return (await Promise.all(ranges.map((range) => read({ range, ids })))).flat();
}

/** Decoded apart, so that a character that was never finished shows where the text ends and not in the end-of-generation token. */
function splitEnd(completion: readonly number[], stop: CompletionRecord["stop"]): [number[], number[]] {
  const end = stop === "eog" ? completion.length - 1 : completion.length;
  return [completion.slice(0, end), completion.slice(end)];
}

/** A calibrated run holds its vocabulary once, beside the folder of the null. */
function vocabularyPaths(directory: string): string[] {
  const absolute = resolve(directory);
  const beside = basename(absolute) === RUN_FILES.null ? [runPaths(dirname(absolute)).vocabulary] : [];
  return [runPaths(directory).vocabulary, ...beside];
}

/** Of each completion the first scores that are of as many tokens as it has, all of them finite. */
function usableScores(
  scored: readonly ModelScores[],
  completions: ReadonlyMap<string, CompletionRecord>,
): Map<string, ModelScores> {
  const usable = new Map<string, ModelScores>();
  for (const scores of scored) {
    const { id } = scores;
    const fits = completionTokens(scores) === completions.get(id)?.completion.length && sumModelScores(scores) !== null;
    if (fits && !usable.has(id)) usable.set(id, scores);
  }
  return usable;
}
