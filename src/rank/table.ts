import { TelltaleError } from "../errors.js";
import type { ScoreSource } from "../journal/records.js";
import { countedNll } from "./counted.js";
import { DROP_REASONS, type RowDropReason } from "./filters.js";
import { unpackIds } from "./id-list.js";
import { SIGNATURE } from "./min-hash.js";
import { groupNearDuplicates } from "./near-duplicates.js";
import type { CompletionColumns } from "./scan-completions.js";
import type { PeakColumns, ScannedScores, ScoreColumns } from "./scan-scores.js";
import type { RankSettings } from "./settings.js";
import { compareText } from "./sort.js";
import type { Evidence } from "./statistics.js";

/** A run's completions as arrays [rows]; a row's number is its place in completions.jsonl. */
export interface RankTable {
  ids: string[];
  configurations: string[];
  /** Index into `configurations`. */
  configuration: Uint32Array;
  /** All tokens, and those that count. */
  allTokens: Uint32Array;
  tokens: Uint32Array;
  bytes: Uint32Array;
  /** Nats, over the counted tokens; of the finetuned model where it has not scored the completion, as captured. */
  nllFinetuned: Float64Array;
  nllReference: Float64Array;
  /** Tokens of the reference's own that were counted, where it has another tokenizer; else those of the completion. */
  referenceTokens: Uint32Array;
  /** 1: it has. */
  aligned: Uint8Array;
  /** The same as captured while generating; NaN where nothing was. */
  nllCaptured: Float64Array;
  /** 1: nllFinetuned is the captured one. */
  captured: Uint8Array;
  /** Nats per token, and the index of the window's first token; NaN until it is known. */
  peak: Float64Array;
  peakFrom: Uint32Array;
  /** 0: ranked; otherwise 1 + the index of the reason in DROP_REASONS. */
  fate: Uint8Array;
  /** The row that leads a row's near-duplicates: itself where there are none, or none were looked for. */
  group: Uint32Array;
  /** 1: matches a behaviour; and for every behaviour of the settings its rows. */
  match: Uint8Array;
  behaviours: Uint32Array[];
  /** Bytes: where the completion's line lies. */
  offset: Float64Array;
  length: Uint32Array;
}

/** What was read of a run's files. */
export interface RunScans {
  completions: readonly CompletionColumns[];
  scores: readonly ScannedScores[];
}

/** Lines that fit no completion or came twice, and scores that cannot be used. */
export interface JoinCounts {
  /** Completions whose id was there before; the first one is taken. */
  repeated: number;
  /** Scores of a completion that is not there. */
  orphans: number;
  /** Scores with another number of tokens than the completion, or with a value that is not finite. */
  unusable: number;
}

/** Joins the completions with their scores by id, and decides which of them are ranked. Peaks that are missing stay NaN. */
export function joinTable(
  { completions, scores }: RunScans,
  settings: RankSettings,
): { table: RankTable; rowOf: ReadonlyMap<string, number>; counts: JoinCounts } {
  const counts: JoinCounts = { repeated: 0, orphans: 0, unusable: 0 };
  const total = completions.reduce((sum, chunk) => sum + chunk.tokens.length, 0);
  const rowOf = new Map<string, number>();
  const nameOf = new Map<string, number>();
  const columns = emptyColumns(total);
  const repetition = new Uint8Array(total);
  const signatures = new Uint16Array(settings.nearDuplicates === null ? 0 : total * SIGNATURE);
  const matches: number[][] = (settings.keywords ?? []).map(() => []);
  for (const chunk of completions) {
    const rowsOfChunk = new Int32Array(chunk.tokens.length).fill(-1);
    for (const [i, id] of unpackIds(chunk.ids).entries()) {
      if (rowOf.has(id)) {
        counts.repeated += 1;
        continue;
      }
      const row = rowOf.size;
      rowOf.set(id, row);
      rowsOfChunk[i] = row;
      const name = chunk.configurations[chunk.configuration[i] as number] as string;
      const configuration = nameOf.get(name) ?? nameOf.size;
      nameOf.set(name, configuration);
      columns.configuration[row] = configuration;
      columns.tokens[row] = chunk.counted[i] as number;
      columns.allTokens[row] = chunk.tokens[i] as number;
      columns.bytes[row] = chunk.bytes[i] as number;
      columns.offset[row] = chunk.offset[i] as number;
      columns.length[row] = chunk.length[i] as number;
      repetition[row] = chunk.repetition[i] as number;
      if (settings.nearDuplicates !== null) {
        signatures.set(chunk.signatures.subarray(i * SIGNATURE, (i + 1) * SIGNATURE), row * SIGNATURE);
      }
    }
    for (let i = 0; i < chunk.matches.length; i += 2) {
      const row = rowsOfChunk[chunk.matches[i] as number] as number;
      if (row < 0) continue;
      columns.match[row] = 1;
      matches[chunk.matches[i + 1] as number]?.push(row);
    }
  }
  const table: RankTable = {
    ...shortened(columns, rowOf.size),
    ids: [...rowOf.keys()],
    configurations: [...nameOf.keys()],
    behaviours: matches.map((rows) => Uint32Array.from(rows)),
  };
  fillScores(table, "nllFinetuned", chunksOf(scores, "finetuned"), rowOf, counts);
  fillScores(table, "nllReference", chunksOf(scores, "reference"), rowOf, counts);
  fillScores(table, "nllCaptured", chunksOf(scores, "captured"), rowOf, counts);
  if (settings.countEndOfGeneration && table.aligned.includes(1)) throw uncountableEnd();
  for (let row = 0; row < rowOf.size; row += 1) {
    if (Number.isNaN(table.nllFinetuned[row]) && !Number.isNaN(table.nllCaptured[row])) {
      table.nllFinetuned[row] = table.nllCaptured[row] as number;
      table.captured[row] = 1;
    }
    const reason = dropReason(table, row, repetition[row] === 1, settings);
    table.fate[row] = reason === null ? 0 : 1 + DROP_REASONS.indexOf(reason);
  }
  for (const { peaks } of scores) fillPeaks(table, peaks, rowOf);
  if (settings.nearDuplicates !== null) {
    const rows = rankedRows(table);
    const byId = (a: number, b: number): number => compareText(table.ids[a] as string, table.ids[b] as string);
    table.group = groupNearDuplicates(signatures, rows, settings.nearDuplicates, byId);
  }
  return { table, rowOf, counts };
}

/** What both models made of a row. */
export function evidence(table: RankTable, row: number): Evidence {
  return {
    nllFinetuned: table.nllFinetuned[row] as number,
    nllReference: table.nllReference[row] as number,
    tokens: table.tokens[row] as number,
    referenceTokens: table.referenceTokens[row] as number,
    bytes: table.bytes[row] as number,
    peak: table.peak[row] as number,
  };
}

/** Uint32Array: the rows that nothing has dropped, in the order of the file. */
export function rankedRows(table: Pick<RankTable, "fate">): Uint32Array {
  const rows = new Uint32Array(table.fate.length);
  let ranked = 0;
  for (let row = 0; row < table.fate.length; row += 1) {
    if (table.fate[row] !== 0) continue;
    rows[ranked] = row;
    ranked += 1;
  }
  return rows.subarray(0, ranked);
}

/**
 * Of both kinds of peaks a row has the one over its counted tokens; a pair of other scores than those that the row's sums are of
 * tells nothing of it.
 */
export function fillPeaks(table: RankTable, peaks: PeakColumns, rowOf: ReadonlyMap<string, number>): void {
  for (const [i, id] of unpackIds(peaks.ids).entries()) {
    const row = rowOf.get(id);
    if (row === undefined || !Number.isNaN(table.peak[row])) continue;
    if (peaks.tokens[i] !== table.allTokens[row] || peaks.captured[i] !== table.captured[row]) continue;
    const whole = table.tokens[row] === table.allTokens[row];
    table.peak[row] = (whole ? peaks.all : peaks.head)[i] as number;
    table.peakFrom[row] = (whole ? peaks.allFrom : peaks.headFrom)[i] as number;
  }
}

function dropReason(table: RankTable, row: number, repetition: boolean, settings: RankSettings): RowDropReason | null {
  const tokens = table.tokens[row] as number;
  if (tokens === 0) return "empty";
  if (Number.isNaN((table.nllFinetuned[row] as number) + (table.nllReference[row] as number))) return "unscored";
  if (tokens < settings.minTokens) return "minTokens";
  return repetition ? "repetition" : null;
}

function uncountableEnd(): TelltaleError {
  return new TelltaleError(
    "BAD_ARGUMENT",
    "The reference of this run has another tokenizer, so it cannot score the finetuned model's end-of-generation token, which is no text. Leave out --count-eog.",
  );
}

function chunksOf(scores: readonly ScannedScores[], source: ScoreSource): ScoreColumns[] {
  return scores.flatMap(({ sources }) => sources[source] ?? []);
}

/** Of several scores of one completion the first usable one is taken. */
function fillScores(
  table: RankTable,
  column: "nllFinetuned" | "nllReference" | "nllCaptured",
  chunks: readonly ScoreColumns[],
  rowOf: ReadonlyMap<string, number>,
  counts: JoinCounts,
): void {
  const nll = table[column];
  for (const chunk of chunks) {
    for (const [i, id] of unpackIds(chunk.ids).entries()) {
      const row = rowOf.get(id);
      const sums = { nllHead: chunk.nllHead[i] as number, nllLast: chunk.nllLast[i] as number };
      if (row === undefined) counts.orphans += 1;
      else if (chunk.tokens[i] !== table.allTokens[row] || Number.isNaN(sums.nllHead)) counts.unusable += 1;
      else if (Number.isNaN(nll[row])) {
        nll[row] = countedNll(sums, table.tokens[row] !== table.allTokens[row]);
        if (column === "nllReference") setReferenceTokens(table, row, chunk.ownTokens[i] as number);
      }
    }
  }
}

function setReferenceTokens(table: RankTable, row: number, ownTokens: number): void {
  table.aligned[row] = Number(ownTokens > 0);
  table.referenceTokens[row] = ownTokens || (table.tokens[row] as number);
}

function emptyColumns(rows: number) {
  return {
    configuration: new Uint32Array(rows),
    allTokens: new Uint32Array(rows),
    tokens: new Uint32Array(rows),
    bytes: new Uint32Array(rows),
    nllFinetuned: new Float64Array(rows).fill(Number.NaN),
    nllReference: new Float64Array(rows).fill(Number.NaN),
    referenceTokens: new Uint32Array(rows),
    aligned: new Uint8Array(rows),
    nllCaptured: new Float64Array(rows).fill(Number.NaN),
    captured: new Uint8Array(rows),
    peak: new Float64Array(rows).fill(Number.NaN),
    peakFrom: new Uint32Array(rows),
    fate: new Uint8Array(rows),
    group: Uint32Array.from({ length: rows }, (_, row) => row),
    match: new Uint8Array(rows),
    offset: new Float64Array(rows),
    length: new Uint32Array(rows),
  };
}

/** The columns without the room of completions that came twice. */
function shortened<T extends Record<string, { subarray(from: number, to: number): unknown }>>(
  columns: T,
  rows: number,
): T {
  return Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, column.subarray(0, rows)])) as T;
}
