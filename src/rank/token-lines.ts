import { lineId } from "../journal/line-id.js";
import { parseCompletionRecord } from "../journal/parse.js";
import { readRecords } from "../journal/reader.js";
import type { CompletionRecord } from "../journal/records.js";
import { readVocabulary, tokenTexts } from "../journal/vocabulary.js";
import { type ModelScores, parseScores } from "./model-scores.js";
import type { FileRange } from "./scan-range.js";

/** Lines of some ids in a range of a journal. */
export interface WantedLines {
  range: FileRange;
  ids: ReadonlySet<string>;
}

export interface TokenTextsTask {
  /** Where a vocabulary may lie; the first that is there is taken. */
  paths: readonly string[];
  sequences: readonly number[][];
}

/** Completions of a range by id, damaged ones passed over. */
export function readWantedCompletions(task: WantedLines): Promise<CompletionRecord[]> {
  return readWanted(task, parseCompletionRecord);
}

/** Log-probabilities of a range by id, damaged ones passed over. */
export function readWantedScores(task: WantedLines): Promise<ModelScores[]> {
  return readWanted(task, parseScores);
}

/** Text of every token of these sequences; null where there is no vocabulary. */
export async function readTokenTexts({ paths, sequences }: TokenTextsTask): Promise<string[][] | null> {
  for (const path of paths) {
    const vocabulary = await readVocabulary(path);
    if (vocabulary !== null) return sequences.map((sequence) => tokenTexts(vocabulary, sequence));
  }
  return null;
}

async function readWanted<T extends { id: string }>(
  { range, ids }: WantedLines,
  parse: (value: unknown) => T,
): Promise<T[]> {
  const { path, start, end } = range;
  // A line of another shape than Telltale's own is decoded to see what it is.
  const wants = (line: string): boolean => {
    const id = lineId(line);
    return id === null || ids.has(id);
  };
  const records: T[] = [];
  for await (const { record } of readRecords(path, parse, { start, end, wants })) {
    if (ids.has(record.id)) records.push(record);
  }
  return records;
}
