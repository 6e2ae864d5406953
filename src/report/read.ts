import { basename } from "node:path";
import { TelltaleError } from "../errors.js";
import { runPaths } from "../journal/files.js";
import { readJson } from "../journal/json-file.js";
import { readNoise } from "../journal/noise.js";
import { exists } from "../journal/open-file.js";
import { distinctivePhrasesWith } from "../rank/phrases/phrases.js";
import type { PhraseReport } from "../rank/phrases/report.js";
import { withWorkers } from "../rank/pool.js";
import type { RankProblem } from "../rank/problems.js";
import { describeRunWith, rankRunWith } from "../rank/run.js";
import type { Ranking, Rankings } from "../rank/schema.js";
import { checkRankSettings, type RankSettings } from "../rank/settings.js";
import { STATISTIC_NAMES } from "../rank/statistics.js";
import type { RankTasks } from "../rank/tasks.js";
import { readTokenDetailsWith } from "../rank/token-details.js";
import type { ReportData } from "./data.js";
import { mainRanking } from "./main-ranking.js";

/** Completions whose words are compared with those of all others: as many as a person looks at, and few enough to leave others. */
const SPEAKING = 100;
const SPEAKING_SHARE = 1 / 4;

export interface ReportOptions {
  signal?: AbortSignal;
}

/**
 * Everything a report shows of a run, finished or not; no model is needed. The statistics of the settings come first, the main one
 * before all, then every other.
 */
export function readReport(directory: string, wanted: RankSettings, options: ReportOptions = {}): Promise<ReportData> {
  return withWorkers(options, (tasks) => readReportWith(tasks, directory, wanted, options));
}

/** The same with the steps done by `tasks`. */
async function readReportWith(
  tasks: RankTasks,
  directory: string,
  wanted: RankSettings,
  options: ReportOptions,
): Promise<ReportData> {
  const checked = checkRankSettings(wanted);
  const settings = { ...checked, statistics: [...new Set([...checked.statistics, ...STATISTIC_NAMES])] };
  const paths = runPaths(directory);
  const { rankings, figures, nullTop, problems } = await describeRunWith(tasks, directory, settings, options.signal);
  const unfiltered = isFiltered(settings) ? await rankWithout(tasks, directory, settings, options) : null;
  const phrases = await phrasesOf(tasks, directory, rankings, options);
  return {
    rankings,
    unfiltered,
    figures,
    phrases,
    nullTop,
    tokens: await readTokenDetailsWith(tasks, directory, listedIds([...rankings.rankings, ...(unfiltered ?? [])])),
    nullTokens: nullTop === null ? new Map() : await readTokenDetailsWith(tasks, paths.null, listedIds(nullTop)),
    manifest: await readIfThere(paths.run, problems),
    performance: await readIfThere(paths.performance, problems),
    // A damaged file is one of the problems of the ranking already.
    noise: await readNoise(paths.noise).catch(() => null),
    problems,
    finished: await exists(paths.summary),
  };
}

function isFiltered({ minTokens, repetition, nearDuplicates }: RankSettings): boolean {
  return minTokens > 0 || repetition !== null || nearDuplicates !== null;
}

async function rankWithout(
  tasks: RankTasks,
  directory: string,
  settings: RankSettings,
  options: ReportOptions,
): Promise<Ranking[]> {
  const none = { minTokens: 0, repetition: null, nearDuplicates: null };
  const { rankings } = await rankRunWith(tasks, directory, { ...settings, ...none }, options);
  return rankings;
}

/** What the top of the main ranking says. Near-duplicates stay in: what a model says again and again is what is looked for. */
async function phrasesOf(
  tasks: RankTasks,
  directory: string,
  { rankings, settings }: Rankings,
  options: ReportOptions,
): Promise<PhraseReport> {
  const main = mainRanking(rankings);
  const about = { configuration: main?.configuration ?? "", statistic: settings.statistics[0] ?? "" };
  if (main === undefined || main.count === 0) return { ...about, top: 0, rest: 0, themes: [] };
  const own = { ...settings, statistics: settings.statistics.slice(0, 1), nearDuplicates: null };
  const all = await rankRunWith(tasks, directory, own, options);
  const { count = 0, top = [] } = mainRanking(all.rankings) ?? {};
  const speaking = Math.min(SPEAKING, Math.ceil(SPEAKING_SHARE * count));
  return distinctivePhrasesWith(
    tasks,
    directory,
    top.slice(0, speaking).map(({ id }) => id),
    about,
    { ...options, filters: settings },
  );
}

function listedIds(rankings: readonly Ranking[]): Set<string> {
  return new Set(rankings.flatMap(({ top }) => top.map(({ id }) => id)));
}

/** Null where there is no such file, or a damaged one, which is a problem: a run can be shown without it. */
async function readIfThere(path: string, problems: RankProblem[]): Promise<unknown> {
  try {
    return await readJson(path);
  } catch (error) {
    if (!(error instanceof TelltaleError)) throw error;
    if (await exists(path)) problems.push({ file: basename(path), line: null, count: 1, sentence: error.message });
    return null;
  }
}
