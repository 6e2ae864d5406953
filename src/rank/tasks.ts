import { idsToRescore } from "./captured.js";
import { type RankingDraft, rankTable } from "./rankings.js";
import { type CompletionColumns, type FileRange, type ScoreColumns, scanCompletions, scanScores } from "./scan.js";
import type { RankSettings } from "./settings.js";
import { type JoinCounts, joinTable, type ScoreScans } from "./table.js";

export interface ScanCompletionsTask {
  range: FileRange;
  settings: RankSettings;
}

export interface RankTask {
  completions: CompletionColumns[];
  scores: ScoreScans;
  settings: RankSettings;
}

export interface RankResult {
  drafts: RankingDraft[];
  counts: JoinCounts;
}

/** The steps of ranking a run, wherever they are done: on worker threads or in this one. */
export interface RankTasks {
  completions(task: ScanCompletionsTask): Promise<CompletionColumns>;
  scores(range: FileRange): Promise<ScoreColumns>;
  rank(task: RankTask): Promise<RankResult>;
  /** Ids of the captured completions that have to be scored next; none once the top lists are settled. */
  rescore(task: RankTask): Promise<string[]>;
}

/** The steps in the calling thread. */
export const LOCAL_TASKS: RankTasks = {
  completions: ({ range, settings }) => scanCompletions(range, settings),
  scores: scanScores,
  rank: async ({ completions, scores, settings }) => {
    const { table, counts } = joinTable(completions, scores, settings);
    return { drafts: rankTable(table, settings), counts };
  },
  rescore: async ({ completions, scores, settings }) =>
    idsToRescore(joinTable(completions, scores, settings).table, settings.top),
};
