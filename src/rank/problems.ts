import { RUN_FILES } from "../journal/files.js";
import { SCORE_SOURCES } from "../journal/records.js";
import type { CompletionColumns, ScoreColumns } from "./scan.js";
import type { JoinCounts, ScoreScans } from "./table.js";

/** Something in a run that could not be ranked. */
export interface RankProblem {
  /** Name of the file in the run's directory; null where it is not about one file. */
  file: string | null;
  /** 1-based; null where it is not about one line. */
  line: number | null;
  /** How many lines it is about. */
  count: number;
  sentence: string;
}

interface Scans {
  completions: readonly CompletionColumns[];
  scores: ScoreScans;
}

/** What was passed over, in the order of the files. */
export function describeProblems(scans: Scans, counts: JoinCounts): RankProblem[] {
  return [
    ...lineProblems(RUN_FILES.completions, scans.completions),
    ...SCORE_SOURCES.flatMap((source) => lineProblems(RUN_FILES.scores(source), scans.scores[source])),
    ...countedProblem(RUN_FILES.completions, counts.repeated, "Completions whose id was there before"),
    ...countedProblem(null, counts.orphans, "Scores that belong to no completion"),
    ...countedProblem(
      null,
      counts.unusable,
      "Scores that do not fit their completion or hold a number that is not finite",
    ),
  ];
}

function lineProblems(file: string, chunks: readonly (CompletionColumns | ScoreColumns)[]): RankProblem[] {
  const problems: RankProblem[] = [];
  let linesBefore = 0;
  let unnamed = 0;
  for (const chunk of chunks) {
    for (const { line, kind, reason } of chunk.problems) {
      const number = linesBefore + line;
      const what = kind === "torn" ? "was cut short" : "is damaged";
      const sentence = `Line ${number} of ${file} ${what} and was left out: ${reason}.`;
      problems.push({ file, line: number, count: 1, sentence });
    }
    unnamed += chunk.problemCount - chunk.problems.length;
    linesBefore += chunk.lines;
  }
  return [...problems, ...countedProblem(file, unnamed, `More damaged lines of ${file}`)];
}

function countedProblem(file: string | null, count: number, what: string): RankProblem[] {
  return count === 0 ? [] : [{ file, line: null, count, sentence: `${what} were left out: ${count}.` }];
}
