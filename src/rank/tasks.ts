import type { RunNoise } from "../journal/noise.js";
import type { CompletionRecord } from "../journal/records.js";
import { idsToRescore } from "./captured.js";
import { densityOf } from "./density.js";
import type { RunFigures } from "./figures.js";
import { type FindIdsTask, type FoundId, findIdsInRange } from "./id-matches.js";
import type { OrderedList } from "./listed.js";
import { fillMissingPeaks, type ScorePaths } from "./missing-peaks.js";
import type { ModelScores } from "./model-scores.js";
import { usableNullLists } from "./null-lists.js";
import { LOCAL_PHRASE_TASKS, type PhraseTasks } from "./phrases/tasks.js";
import { describeLists, orderTable, type RankingDraft } from "./rankings.js";
import { type CompletionColumns, scanCompletions } from "./scan-completions.js";
import type { FileRange } from "./scan-range.js";
import { type ScannedScores, type ScoreRanges, scanScores } from "./scan-scores.js";
import { scatterOf } from "./scatter.js";
import type { RankSettings } from "./settings.js";
import { type JoinCounts, joinTable, type RankTable, type RunScans } from "./table.js";
import {
  readTokenTexts,
  readWantedCompletions,
  readWantedScores,
  type TokenTextsTask,
  type WantedLines,
} from "./token-lines.js";

export interface ScanCompletionsTask {
  range: FileRange;
  settings: RankSettings;
}

export interface RankTask {
  run: RunScans;
  paths: ScorePaths;
  /** What the reference made of the same prefills, its files in changed roles; null without a calibration. */
  null: { scans: RunScans; paths: ScorePaths } | null;
  settings: RankSettings;
  /** What the run measured of its own noise; null where it did not. */
  noise: RunNoise | null;
  /** Whether to make what pictures are drawn from, too. */
  figures: boolean;
}

export interface RankResult {
  drafts: RankingDraft[];
  counts: JoinCounts;
  /** The null's own lists, roles changed; null without a calibration. */
  nullDrafts: RankingDraft[] | null;
  nullCounts: JoinCounts | null;
  /** Configurations of which the null holds a part only. */
  incompleteNull: string[];
  figures: RunFigures | null;
}

export type RescoreTask = Pick<RankTask, "run" | "paths" | "settings">;

/** The steps of ranking a run, wherever they are done: on worker threads or in this one. */
export interface RankTasks extends PhraseTasks {
  completions(task: ScanCompletionsTask): Promise<CompletionColumns>;
  scores(ranges: ScoreRanges): Promise<ScannedScores>;
  rank(task: RankTask): Promise<RankResult>;
  /** Ids of the captured completions that have to be scored next; none once the top lists are settled. */
  rescore(task: RescoreTask): Promise<string[]>;
  wantedCompletions(task: WantedLines): Promise<CompletionRecord[]>;
  wantedScores(task: WantedLines): Promise<ModelScores[]>;
  tokenTexts(task: TokenTextsTask): Promise<string[][] | null>;
  findIds(task: FindIdsTask): Promise<FoundId[]>;
}

/** The steps in the calling thread. */
export const LOCAL_TASKS: RankTasks = {
  ...LOCAL_PHRASE_TASKS,
  completions: ({ range, settings }) => scanCompletions(range, settings),
  scores: scanScores,
  async rank({ run, paths, null: calibration, settings, noise, figures }) {
    const { table, lists, counts } = await ordered(run, paths, settings);
    const beside = calibration === null ? null : await ordered(calibration.scans, calibration.paths, settings);
    const usable = beside === null ? null : usableNullLists(table, beside.table, beside.lists);
    return {
      drafts: describeLists(table, lists, settings, usable?.lists ?? null, noise),
      counts,
      nullDrafts: beside === null ? null : describeLists(beside.table, beside.lists, settings, null),
      nullCounts: beside?.counts ?? null,
      incompleteNull: usable?.incomplete ?? [],
      figures: figures ? figuresOf(table, lists, settings, beside && { ...beside, lists: usable?.lists ?? [] }) : null,
    };
  },
  async rescore({ run, paths, settings }) {
    const { table, lists } = await ordered(run, paths, settings);
    return idsToRescore(
      table,
      lists.filter(({ only }) => only !== null),
      settings,
    );
  },
  wantedCompletions: readWantedCompletions,
  wantedScores: readWantedScores,
  tokenTexts: readTokenTexts,
  findIds: findIdsInRange,
};

interface Ordered {
  table: RankTable;
  lists: OrderedList[];
  counts: JoinCounts;
}

async function ordered(run: RunScans, paths: ScorePaths, settings: RankSettings): Promise<Ordered> {
  const { table, rowOf, counts } = joinTable(run, settings);
  await fillMissingPeaks(table, rowOf, run.scores, paths);
  return { table, lists: orderTable(table, settings), counts };
}

function figuresOf(
  table: RankTable,
  lists: readonly OrderedList[],
  settings: RankSettings,
  nulls: Ordered | null,
): RunFigures {
  const besideOf = ({ configuration, statistic }: OrderedList): OrderedList | null =>
    nulls?.lists.find((other) => other.configuration === configuration && other.statistic === statistic) ?? null;
  const first = lists.filter(({ statistic }) => statistic === settings.statistics[0]);
  return {
    rankings: lists.map((list) => ({
      configuration: list.configuration,
      statistic: list.statistic,
      density: densityOf(table, list, besideOf(list), settings.keywords !== null),
    })),
    scatters: first.map((list) => {
      const beside = besideOf(list);
      return scatterOf(table, list, settings.top, nulls && beside && { table: nulls.table, list: beside });
    }),
  };
}
