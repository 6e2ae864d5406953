import type { FileHandle } from "node:fs/promises";
import { openForReading } from "../journal/open-file.js";
import { readLineAt } from "../journal/reader.js";
import type { ScoreSource } from "../journal/records.js";
import { unpackIds } from "./id-list.js";
import { completionTokens, type ModelScores, parseScores, scoreRatios } from "./model-scores.js";
import { peaksOf } from "./peak.js";
import { type PeakPair, peakColumns, type ScannedScores } from "./scan-scores.js";
import { fillPeaks, type RankTable } from "./table.js";

/** Paths of the scores files. */
export type ScorePaths = Record<ScoreSource, string>;

interface Place {
  offset: number;
  length: number;
}

/** Completions read again before their peaks are taken over: keeps few log-probabilities in memory. */
const AT_ONCE = 1000;

/**
 * Fills in the peaks of ranked completions whose two scores were not read together, as where one model has scored a part only or
 * in another order: reads both lines again.
 */
export async function fillMissingPeaks(
  table: RankTable,
  rowOf: ReadonlyMap<string, number>,
  scores: readonly ScannedScores[],
  paths: ScorePaths,
): Promise<void> {
  const missing = new Set<number>();
  for (let row = 0; row < table.fate.length; row += 1) {
    if (table.fate[row] === 0 && Number.isNaN(table.peak[row])) missing.add(row);
  }
  if (missing.size === 0) return;
  const places = {
    finetuned: placesOf(table, scores, "finetuned", rowOf, missing),
    reference: placesOf(table, scores, "reference", rowOf, missing),
    captured: placesOf(table, scores, "captured", rowOf, missing),
  };
  const handles = new Map<ScoreSource, FileHandle>();
  try {
    let pairs: PeakPair[] = [];
    const read = async (source: ScoreSource, row: number): Promise<ModelScores> => {
      const { offset, length } = places[source].get(row) as Place;
      const handle = handles.get(source) ?? (await openForReading(paths[source]));
      handles.set(source, handle);
      return readLineAt(handle, offset, length, parseScores);
    };
    for (const row of missing) {
      const captured = table.captured[row] as number;
      const finetuned = await read(captured === 1 ? "captured" : "finetuned", row);
      const peaks = peaksOf(scoreRatios(finetuned, await read("reference", row)));
      pairs.push({ id: table.ids[row] as string, tokens: completionTokens(finetuned), captured, ...peaks });
      if (pairs.length < AT_ONCE) continue;
      fillPeaks(table, peakColumns(pairs), rowOf);
      pairs = [];
    }
    fillPeaks(table, peakColumns(pairs), rowOf);
  } finally {
    for (const handle of handles.values()) await handle.close();
  }
}

/** Where the first usable score of each of these rows lies. */
function placesOf(
  table: RankTable,
  scores: readonly ScannedScores[],
  source: ScoreSource,
  rowOf: ReadonlyMap<string, number>,
  rows: ReadonlySet<number>,
): Map<number, Place> {
  const places = new Map<number, Place>();
  for (const { sources } of scores) {
    const chunk = sources[source];
    if (chunk === null) continue;
    for (const [i, id] of unpackIds(chunk.ids).entries()) {
      const row = rowOf.get(id);
      if (row === undefined || !rows.has(row) || places.has(row)) continue;
      if (Number.isNaN(chunk.nllHead[i]) || chunk.tokens[i] !== table.allTokens[row]) continue;
      places.set(row, { offset: chunk.offset[i] as number, length: chunk.length[i] as number });
    }
  }
  return places;
}
