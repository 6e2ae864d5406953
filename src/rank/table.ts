import type { ScoreSource } from "../journal/records.js";
import { countedNll } from "./counted.js";
import { DROP_REASONS, type DropReason } from "./filters.js";
import type { CompletionColumns, ScoreColumns } from "./scan.js";
import type { RankSettings } from "./settings.js";
import type { Evidence } from "./statistics.js";

/** A run's completions as arrays [rows]; a row's number is its place in completions.jsonl. */
export interface RankTable {
  ids: string[];
  configurations: string[];
  /** Index into `configurations`. */
  configuration: Uint32Array;
  /** Counted tokens. */
  tokens: Uint32Array;
  /** Nats, over the counted tokens; of the finetuned model where it has not scored the completion, as captured. */
  nllFinetuned: Float64Array;
  nllReference: Float64Array;
  /** The same as captured while generating; NaN where nothing was. */
  nllCaptured: Float64Array;
  /** 1: nllFinetuned is the captured one. */
  captured: Uint8Array;
  /** 0: ranked; otherwise 1 + the index of the reason in DROP_REASONS. */
  fate: Uint8Array;
  match: Uint8Array;
  /** Bytes: where the completion's line lies. */
  offset: Float64Array;
  length: Uint32Array;
}

/** One model's columns each, and those captured while generating. */
export type ScoreScans = Record<ScoreSource, readonly ScoreColumns[]>;

/** Lines that fit no completion or came twice, and scores that cannot be used. */
export interface JoinCounts {
  /** Completions whose id was there before; the first one is taken. */
  repeated: number;
  /** Scores of a completion that is not there. */
  orphans: number;
  /** Scores with another number of tokens than the completion, or with a value that is not finite. */
  unusable: number;
}

/** Joins the completions with their scores by id, and decides which of them are ranked. */
export function joinTable(
  completions: readonly CompletionColumns[],
  scores: ScoreScans,
  settings: RankSettings,
): { table: RankTable; counts: JoinCounts } {
  const counts: JoinCounts = { repeated: 0, orphans: 0, unusable: 0 };
  const total = completions.reduce((sum, chunk) => sum + chunk.tokens.length, 0);
  const rowOf = new Map<string, number>();
  const nameOf = new Map<string, number>();
  const columns = emptyColumns(total);
  const allTokens = new Uint32Array(total);
  const repetition = new Uint8Array(total);
  for (const chunk of completions) {
    for (const [i, id] of splitIds(chunk.ids).entries()) {
      if (rowOf.has(id)) {
        counts.repeated += 1;
        continue;
      }
      const row = rowOf.size;
      rowOf.set(id, row);
      const name = chunk.configurations[chunk.configuration[i] as number] as string;
      const configuration = nameOf.get(name) ?? nameOf.size;
      nameOf.set(name, configuration);
      columns.configuration[row] = configuration;
      columns.tokens[row] = chunk.counted[i] as number;
      columns.match[row] = chunk.match[i] as number;
      columns.offset[row] = chunk.offset[i] as number;
      columns.length[row] = chunk.length[i] as number;
      allTokens[row] = chunk.tokens[i] as number;
      repetition[row] = chunk.repetition[i] as number;
    }
  }
  const table: RankTable = { ids: [...rowOf.keys()], configurations: [...nameOf.keys()], ...columns };
  fillScores(table.nllFinetuned, scores.finetuned, rowOf, allTokens, table.tokens, counts);
  fillScores(table.nllReference, scores.reference, rowOf, allTokens, table.tokens, counts);
  fillScores(table.nllCaptured, scores.captured, rowOf, allTokens, table.tokens, counts);
  for (let row = 0; row < rowOf.size; row += 1) {
    if (Number.isNaN(table.nllFinetuned[row]) && !Number.isNaN(table.nllCaptured[row])) {
      table.nllFinetuned[row] = table.nllCaptured[row] as number;
      table.captured[row] = 1;
    }
    const reason = dropReason(table, row, repetition[row] === 1, settings);
    table.fate[row] = reason === null ? 0 : 1 + DROP_REASONS.indexOf(reason);
  }
  return { table, counts };
}

/** What both models made of a row. */
export function evidence(table: RankTable, row: number): Evidence {
  return {
    nllFinetuned: table.nllFinetuned[row] as number,
    nllReference: table.nllReference[row] as number,
    tokens: table.tokens[row] as number,
  };
}

function dropReason(table: RankTable, row: number, repetition: boolean, settings: RankSettings): DropReason | null {
  const tokens = table.tokens[row] as number;
  if (tokens === 0) return "empty";
  if (Number.isNaN((table.nllFinetuned[row] as number) + (table.nllReference[row] as number))) return "unscored";
  if (tokens < settings.minTokens) return "minTokens";
  return repetition ? "repetition" : null;
}

/** Of several scores of one completion the first usable one is taken. */
function fillScores(
  nll: Float64Array,
  chunks: readonly ScoreColumns[],
  rowOf: ReadonlyMap<string, number>,
  allTokens: Uint32Array,
  counted: Uint32Array,
  counts: JoinCounts,
): void {
  for (const chunk of chunks) {
    for (const [i, id] of splitIds(chunk.ids).entries()) {
      const row = rowOf.get(id);
      const sums = { nllHead: chunk.nllHead[i] as number, nllLast: chunk.nllLast[i] as number };
      if (row === undefined) counts.orphans += 1;
      else if (chunk.tokens[i] !== allTokens[row] || Number.isNaN(sums.nllHead)) counts.unusable += 1;
      else if (Number.isNaN(nll[row])) nll[row] = countedNll(sums, counted[row] !== allTokens[row]);
    }
  }
}

function emptyColumns(rows: number): Omit<RankTable, "ids" | "configurations"> {
  return {
    configuration: new Uint32Array(rows),
    tokens: new Uint32Array(rows),
    nllFinetuned: new Float64Array(rows).fill(Number.NaN),
    nllReference: new Float64Array(rows).fill(Number.NaN),
    nllCaptured: new Float64Array(rows).fill(Number.NaN),
    captured: new Uint8Array(rows),
    fate: new Uint8Array(rows),
    match: new Uint8Array(rows),
    offset: new Float64Array(rows),
    length: new Uint32Array(rows),
  };
}

function splitIds(ids: string): string[] {
  return ids === "" ? [] : ids.split("\n");
}
