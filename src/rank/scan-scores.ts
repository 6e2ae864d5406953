import { SCORE_SOURCES, type ScoreSource } from "../journal/records.js";
import { packIds } from "./id-list.js";
import { completionTokens, type ModelScores, parseScores, scoreRatios, sumModelScores } from "./model-scores.js";
import { type Peaks, peaksOf } from "./peak.js";
import { type FileRange, type ScannedRange, scanRange } from "./scan-range.js";

/** Arrays [rows]: one source's sums over the completions of a range. Nats; NaN where a log-probability is not finite. */
export interface ScoreColumns extends ScannedRange {
  /** The rows' ids (`packIds`). */
  ids: Uint8Array;
  nllHead: Float64Array;
  nllLast: Float64Array;
  /** Tokens of the completion. */
  tokens: Uint32Array;
  /** Tokens of the model's own that were counted, where it has another tokenizer; else 0. */
  ownTokens: Uint32Array;
  /** Bytes: where the line lies in the file. */
  offset: Float64Array;
  length: Uint32Array;
}

/** Arrays [rows]: peaks of completions that both models have scored, with and without the last token; NaN where there is none. */
export interface PeakColumns {
  /** The rows' ids (`packIds`). */
  ids: Uint8Array;
  tokens: Uint32Array;
  /** 1: the finetuned model's log-probabilities were the captured ones. */
  captured: Uint8Array;
  all: Float64Array;
  allFrom: Uint32Array;
  head: Float64Array;
  headFrom: Uint32Array;
}

/** The same bytes of each scores file: models that score in the same order have the same completions there. */
export type ScoreRanges = Record<ScoreSource, FileRange | null>;

export interface ScannedScores {
  sources: Record<ScoreSource, ScoreColumns | null>;
  /** Of the completions that are in both models' ranges; those that are apart are found when all is joined. */
  peaks: PeakColumns;
}

/** Reads the same range of every scores file into columns. */
export async function scanScores(ranges: ScoreRanges): Promise<ScannedScores> {
  const vectors: Record<ScoreSource, Map<string, ModelScores>> = {
    finetuned: new Map(),
    reference: new Map(),
    captured: new Map(),
  };
  const sources: ScannedScores["sources"] = { finetuned: null, reference: null, captured: null };
  for (const source of SCORE_SOURCES) {
    const range = ranges[source];
    if (range !== null) sources[source] = await scanSource(range, vectors[source]);
  }
  const pairs: PeakPair[] = [];
  for (const [id, reference] of vectors.reference) {
    const scored = vectors.finetuned.get(id);
    const finetuned = scored ?? vectors.captured.get(id);
    const tokens = completionTokens(reference);
    if (finetuned === undefined || completionTokens(finetuned) !== tokens) continue;
    const captured = Number(scored === undefined);
    pairs.push({ id, tokens, captured, ...peaksOf(scoreRatios(finetuned, reference)) });
  }
  return { sources, peaks: peakColumns(pairs) };
}

/** What two scores of one completion gave. */
export interface PeakPair extends Peaks {
  id: string;
  tokens: number;
  captured: number;
}

export function peakColumns(pairs: readonly PeakPair[]): PeakColumns {
  return {
    ids: packIds(pairs.map(({ id }) => id)),
    tokens: Uint32Array.from(pairs, ({ tokens }) => tokens),
    captured: Uint8Array.from(pairs, ({ captured }) => captured),
    all: Float64Array.from(pairs, ({ all }) => all?.value ?? Number.NaN),
    allFrom: Uint32Array.from(pairs, ({ all }) => all?.from ?? 0),
    head: Float64Array.from(pairs, ({ head }) => head?.value ?? Number.NaN),
    headFrom: Uint32Array.from(pairs, ({ head }) => head?.from ?? 0),
  };
}

async function scanSource(range: FileRange, vectors: Map<string, ModelScores>): Promise<ScoreColumns> {
  const ids: string[] = [];
  const rows = {
    nllHead: [] as number[],
    nllLast: [] as number[],
    tokens: [] as number[],
    ownTokens: [] as number[],
    offset: [] as number[],
    length: [] as number[],
  };
  const scanned = await scanRange(range, parseScores, ({ record, offset, length }) => {
    const sums = sumModelScores(record);
    rows.nllHead.push(sums?.nllHead ?? Number.NaN);
    rows.nllLast.push(sums?.nllLast ?? Number.NaN);
    rows.tokens.push(completionTokens(record));
    rows.ownTokens.push(record.aligned === null ? 0 : record.logprobs.length);
    rows.offset.push(offset);
    rows.length.push(length);
    ids.push(record.id);
    // Of several scores of one completion the first usable one is taken.
    if (sums !== null && !vectors.has(record.id)) vectors.set(record.id, record);
  });
  return {
    ...scanned,
    ids: packIds(ids),
    nllHead: new Float64Array(rows.nllHead),
    nllLast: new Float64Array(rows.nllLast),
    tokens: new Uint32Array(rows.tokens),
    ownTokens: new Uint32Array(rows.ownTokens),
    offset: new Float64Array(rows.offset),
    length: new Uint32Array(rows.length),
  };
}
