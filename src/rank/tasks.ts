import { type RankingDraft, rankTable } from "./rankings.js";
import { type CompletionColumns, type FileRange, type ScoreColumns, scanCompletions, scanScores } from "./scan.js";
import type { RankSettings } from "./settings.js";
import { type JoinCounts, joinTable } from "./table.js";

export interface ScanCompletionsTask {
  range: FileRange;
  settings: RankSettings;
}

export interface RankTask {
  completions: CompletionColumns[];
  finetuned: ScoreColumns[];
  reference: ScoreColumns[];
  settings: RankSettings;
}

export interface RankResult {
  drafts: RankingDraft[];
  counts: JoinCounts;
}

/** The three steps of ranking a run, wherever they are done: on worker threads or in this one. */
export interface RankTasks {
  completions(task: ScanCompletionsTask): Promise<CompletionColumns>;
  scores(range: FileRange): Promise<ScoreColumns>;
  rank(task: RankTask): Promise<RankResult>;
}

/** The steps in the calling thread. */
export const LOCAL_TASKS: RankTasks = {
  completions: ({ range, settings }) => scanCompletions(range, settings),
  scores: scanScores,
  rank: async ({ completions, finetuned, reference, settings }) => {
    const { table, counts } = joinTable(completions, finetuned, reference, settings);
    return { drafts: rankTable(table, settings), counts };
  },
};
