import { decodeFloat32 } from "../journal/float32.js";
import { parseCompletionRecord, parseScoreRecord } from "../journal/parse.js";
import { type JournalProblem, readRecords } from "../journal/reader.js";
import { countedTokens, leavesOutLast, sumScores } from "./counted.js";
import { isRepetition } from "./filters.js";
import { compileKeywords } from "./keyword-matcher.js";
import type { RankSettings } from "./settings.js";

/** Bytes [start, end) of a journal: the lines that begin there. */
export interface FileRange {
  path: string;
  start: number;
  end: number;
}

interface ScannedRange {
  /** The rows' ids, one a line: one text travels between threads far quicker than many. */
  ids: string;
  /** Lines in the range, those passed over included. */
  lines: number;
  /** The first few lines that were passed over, and how many there are in all. */
  problems: JournalProblem[];
  problemCount: number;
}

/** Arrays [rows]: what ranking has to know of the completions of a range; never their texts. */
export interface CompletionColumns extends ScannedRange {
  /** Names, and for every row an index into them. */
  configurations: string[];
  configuration: Uint32Array;
  /** All tokens, and those that count. */
  tokens: Uint32Array;
  counted: Uint32Array;
  /** 1 or 0. */
  repetition: Uint8Array;
  match: Uint8Array;
  /** Bytes: where the line lies in the file. */
  offset: Float64Array;
  length: Uint32Array;
}

/** Arrays [rows]: one model's sums over the completions of a range. Nats; NaN where a log-probability is not finite. */
export interface ScoreColumns extends ScannedRange {
  nllHead: Float64Array;
  nllLast: Float64Array;
  tokens: Uint32Array;
}

const PROBLEMS_KEPT = 10;

/** Reads a range of completions.jsonl into columns. */
export async function scanCompletions(range: FileRange, settings: RankSettings): Promise<CompletionColumns> {
  const matches = settings.keywords === null ? () => false : compileKeywords(settings.keywords);
  const names = new Map<string, number>();
  const ids: string[] = [];
  const rows: number[][] = [[], [], [], [], [], [], []];
  const scanned = await scanRange(range, parseCompletionRecord, ({ record, offset, length }) => {
    const name = names.get(record.configuration) ?? names.size;
    names.set(record.configuration, name);
    const tokens = record.completion.length;
    const counted = countedTokens(tokens, leavesOutLast(record.stop, settings.countEndOfGeneration));
    // Compressing is the slow part, so what is dropped for being short is not compressed.
    const judged = counted > 0 && counted >= settings.minTokens;
    const repetition = judged && isRepetition(record.completionText, settings.repetition);
    const row = [name, tokens, counted, Number(repetition), Number(matches(record.completionText)), offset, length];
    for (const [column, value] of row.entries()) rows[column]?.push(value);
    ids.push(record.id);
  });
  const [configuration = [], tokens = [], counted = [], repetition = [], match = [], offset = [], length = []] = rows;
  return {
    ...scanned,
    ids: ids.join("\n"),
    configurations: [...names.keys()],
    configuration: Uint32Array.from(configuration),
    tokens: Uint32Array.from(tokens),
    counted: Uint32Array.from(counted),
    repetition: Uint8Array.from(repetition),
    match: Uint8Array.from(match),
    offset: Float64Array.from(offset),
    length: Uint32Array.from(length),
  };
}

/** Reads a range of scores.<source>.jsonl into columns. */
export async function scanScores(range: FileRange): Promise<ScoreColumns> {
  const ids: string[] = [];
  const nllHead: number[] = [];
  const nllLast: number[] = [];
  const tokens: number[] = [];
  const scanned = await scanRange(range, parseScores, ({ record: { id, logprobs } }) => {
    const sums = sumScores(logprobs);
    ids.push(id);
    nllHead.push(sums?.nllHead ?? Number.NaN);
    nllLast.push(sums?.nllLast ?? Number.NaN);
    tokens.push(logprobs.length);
  });
  return {
    ...scanned,
    ids: ids.join("\n"),
    nllHead: Float64Array.from(nllHead),
    nllLast: Float64Array.from(nllLast),
    tokens: Uint32Array.from(tokens),
  };
}

function parseScores(value: unknown) {
  const { id, logprobs } = parseScoreRecord(value);
  return { id, logprobs: decodeFloat32(logprobs) };
}

async function scanRange<T>(
  { path, start, end }: FileRange,
  parse: (value: unknown) => T,
  take: (entry: { record: T; offset: number; length: number }) => void,
): Promise<Omit<ScannedRange, "ids">> {
  const problems: JournalProblem[] = [];
  let problemCount = 0;
  let lines = 0;
  const onProblem = (problem: JournalProblem) => {
    lines = problem.line;
    problemCount += 1;
    if (problems.length < PROBLEMS_KEPT) problems.push(problem);
  };
  for await (const entry of readRecords(path, parse, { start, end, onProblem })) {
    lines = entry.line;
    take(entry);
  }
  return { lines, problems, problemCount };
}
