import { RUN_FILES } from "../journal/files.js";
import type { JournalProblem } from "../journal/reader.js";
import { SCORE_SOURCES } from "../journal/records.js";
import { quoted } from "../safe-text.js";
import type { ScannedRange } from "./scan-range.js";
import type { JoinCounts, RunScans } from "./table.js";

/** Something in a run that could not be ranked. */
export interface RankProblem {
  /** Name of the file in the run's directory; null where it is not about one file. */
  file: string | null;
  /** 1-based; null where it is not about one line. */
  line: number | null;
  /** How many lines it is about. */
  count: number;
  /** What was left out and why, for people. */
  sentence: string;
}

/** What was passed over, in the order of the files; `folder`: the one that they are in, inside the run. */
export function describeProblems({ completions, scores }: RunScans, counts: JoinCounts, folder = ""): RankProblem[] {
  const file = (name: string): string => (folder === "" ? name : `${folder}/${name}`);
  return [
    ...lineProblems(file(RUN_FILES.completions), completions),
    ...SCORE_SOURCES.flatMap((source) =>
      lineProblems(
        file(RUN_FILES.scores(source)),
        scores.flatMap(({ sources }) => sources[source] ?? []),
      ),
    ),
    ...countedProblem(file(RUN_FILES.completions), counts.repeated, "Completions whose id was there before"),
    ...countedProblem(null, counts.orphans, "Scores that belong to no completion"),
    ...countedProblem(
      null,
      counts.unusable,
      "Scores that do not fit their completion or hold a number that is not finite",
    ),
  ];
}

/** That the null lacks these configurations, or a part of them; nothing where there are none. */
export function incompleteNullProblem(configurations: readonly string[]): RankProblem[] {
  if (configurations.length === 0) return [];
  const names = configurations.map((name) => quoted(name)).join(", ");
  const sentence = `The null is incomplete for ${names}, so those lists and the pooled one have no p-values: calibrating was interrupted or is still going on.`;
  return [{ file: RUN_FILES.null, line: null, count: configurations.length, sentence }];
}

/** A line that was passed over, counted from 1. */
export function lineProblem(
  file: string,
  line: number,
  { kind, reason }: Pick<JournalProblem, "kind" | "reason">,
): RankProblem {
  const what = kind === "torn" ? "was cut short" : "is damaged";
  return { file, line, count: 1, sentence: `Line ${line} of ${file} ${what} and was left out: ${reason}.` };
}

function lineProblems(file: string, chunks: readonly ScannedRange[]): RankProblem[] {
  const problems: RankProblem[] = [];
  let linesBefore = 0;
  let unnamed = 0;
  for (const chunk of chunks) {
    for (const problem of chunk.problems) problems.push(lineProblem(file, linesBefore + problem.line, problem));
    unnamed += chunk.problemCount - chunk.problems.length;
    linesBefore += chunk.lines;
  }
  return [...problems, ...countedProblem(file, unnamed, `More damaged lines of ${file}`)];
}

function countedProblem(file: string | null, count: number, what: string): RankProblem[] {
  return count === 0 ? [] : [{ file, line: null, count, sentence: `${what} were left out: ${count}.` }];
}
