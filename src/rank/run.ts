import { type FileHandle, open, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { TelltaleError } from "../errors.js";
import { readFailed, systemCode } from "../io-errors.js";
import { RUN_FILES, runPaths } from "../journal/files.js";
import { parseCompletionRecord } from "../journal/parse.js";
import { readLineAt } from "../journal/reader.js";
import { SCORE_SOURCES } from "../journal/records.js";
import { compileKeywords } from "./keyword-matcher.js";
import { withWorkers } from "./pool.js";
import { describeProblems, type RankProblem } from "./problems.js";
import type { RankingDraft } from "./rankings.js";
import type { CompletionColumns, FileRange } from "./scan.js";
import type { Rankings } from "./schema.js";
import { checkRankSettings, type RankSettings } from "./settings.js";
import type { ScoreScans } from "./table.js";
import type { RankTasks } from "./tasks.js";

/** Bytes of a file that one task reads: some thousand completions. */
const RANGE_BYTES = 16 * 1024 * 1024;

export interface RankOptions {
  signal?: AbortSignal;
  /** Called for every line and every kind of score that had to be left out; a torn last line of a running run is one. */
  onProblem?: (problem: RankProblem) => void;
}

/** Ranks the completions of a run, finished or not, on worker threads. */
export function rankRun(directory: string, settings: RankSettings, options: RankOptions = {}): Promise<Rankings> {
  return withWorkers(options.signal, (tasks) => rankRunWith(tasks, directory, settings, options));
}

/** The same with the steps done by `tasks`. */
export async function rankRunWith(
  tasks: RankTasks,
  directory: string,
  wanted: RankSettings,
  options: RankOptions = {},
): Promise<Rankings> {
  const settings = checkRankSettings(wanted);
  const scans = await scanRun(tasks, directory, settings, options.signal);
  const { drafts, counts } = await tasks.rank({ ...scans, settings });
  if (options.onProblem !== undefined)
    for (const problem of describeProblems(scans, counts)) options.onProblem(problem);
  return {
    schema: "telltale.rankings/1",
    run: basename(resolve(directory)),
    settings,
    rankings: await addTexts(drafts, runPaths(directory).completions),
  };
}

/**
 * Ids of completions to score next in a run whose finetuned log-probabilities were captured: the finetuned model has to have
 * scored them before the first `settings.top` (100 at least) of every configuration are certain by every statistic. None: they are.
 */
export function completionsToRescore(
  directory: string,
  wanted: RankSettings,
  signal?: AbortSignal,
): Promise<Set<string>> {
  const settings = { ...checkRankSettings(wanted), keywords: null };
  return withWorkers(signal, async (tasks) => {
    return new Set(await tasks.rescore({ ...(await scanRun(tasks, directory, settings, signal)), settings }));
  });
}

/** Everything of a run's files that ranking needs. */
async function scanRun(
  tasks: RankTasks,
  directory: string,
  settings: RankSettings,
  signal: AbortSignal | undefined,
): Promise<{ completions: CompletionColumns[]; scores: ScoreScans }> {
  // Compiled here only to refuse an invalid expression before any work is done.
  if (settings.keywords !== null) compileKeywords(settings.keywords);
  signal?.throwIfAborted();
  const paths = runPaths(directory);
  // Scores first: in a run that is still going on, every score seen then has its completion.
  const scoreRanges: FileRange[][] = [];
  for (const source of SCORE_SOURCES) scoreRanges.push((await splitFile(paths[source])) ?? []);
  const ranges = await splitFile(paths.completions);
  if (ranges === null) throw await missingRun(directory);
  const [completions, finetuned = [], reference = [], captured = []] = await Promise.all([
    Promise.all(ranges.map((range) => tasks.completions({ range, settings }))),
    ...scoreRanges.map((parts) => Promise.all(parts.map((range) => tasks.scores(range)))),
  ]);
  return { completions, scores: { finetuned, reference, captured } };
}

/** Ranges that cover a file as long as it is now; null where there is none. */
async function splitFile(path: string): Promise<FileRange[] | null> {
  let size: number;
  try {
    ({ size } = await stat(path));
  } catch (cause) {
    if (systemCode(cause) === "ENOENT") return null;
    throw readFailed(path, cause);
  }
  const count = Math.ceil(size / RANGE_BYTES);
  return Array.from({ length: count }, (_, i) => {
    return { path, start: i * RANGE_BYTES, end: Math.min(size, (i + 1) * RANGE_BYTES) };
  });
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (cause) {
    throw readFailed(path, cause);
  }
}

async function missingRun(directory: string): Promise<TelltaleError> {
  try {
    await stat(directory);
  } catch (cause) {
    return readFailed(directory, cause);
  }
  const advice = "Give the directory of a run, or let the run go on until it has written completions.";
  return new TelltaleError("BAD_RUN", `"${directory}" holds no ${RUN_FILES.completions}. ${advice}`);
}

/** Reads the texts of the listed completions again, each once. */
async function addTexts(drafts: readonly RankingDraft[], path: string): Promise<Rankings["rankings"]> {
  const texts = new Map<string, { prefill: string; completion: string }>();
  let handle: FileHandle | undefined;
  try {
    for (const { id, offset, length } of drafts.flatMap((draft) => draft.top)) {
      if (texts.has(id)) continue;
      handle ??= await openFile(path);
      const record = await readLineAt(handle, offset, length, parseCompletionRecord);
      if (record.id !== id) {
        throw new TelltaleError("BAD_RUN", `"${path}" was changed while it was being ranked. Rank it again.`);
      }
      texts.set(id, { prefill: record.prefillText, completion: record.completionText });
    }
  } finally {
    await handle?.close();
  }
  return drafts.map((draft) => ({
    ...draft,
    top: draft.top.map(({ offset: _offset, length: _length, ...entry }) => {
      const { prefill = "", completion = "" } = texts.get(entry.id) ?? {};
      const { rank, id, value, ...rest } = entry;
      return { rank, id, value, prefill, completion, ...rest };
    }),
  }));
}
