import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runPaths } from "#telltale/journal/files.js";
import { encodeFloat32 } from "#telltale/journal/float32.js";
import { encodeLine } from "#telltale/journal/line.js";
import { type CompletionRecord, SCORE_SOURCES, type ScoreRecord, type ScoreSource } from "#telltale/journal/records.js";

/** A completion with what both models made of it; a model's null is a completion it has not scored. */
export interface Row {
  id: string;
  configuration: string;
  text: string;
  stop: CompletionRecord["stop"];
  finetuned: number[] | null;
  reference: number[] | null;
  /** Absent: nothing was captured while generating. */
  captured?: number[];
}

/** A run directory with these completions; scores may come in another order than completions. */
export async function writeRun(rows: readonly Row[], scoreOrder: readonly Row[] = rows): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "telltale-rank-"));
  const paths = runPaths(directory);
  await writeFile(paths.completions, rows.map((row) => encodeLine(completionRecord(row))).join(""));
  for (const source of SCORE_SOURCES) {
    const lines = scoreOrder.map((row) => scoreLine(row, source)).join("");
    if (lines !== "" || source !== "captured") await writeFile(paths[source], lines);
  }
  return directory;
}

function completionRecord(row: Row): CompletionRecord {
  const tokens = row.finetuned ?? row.reference ?? [];
  return {
    id: row.id,
    configuration: row.configuration,
    prefill: [1, 2, 3],
    completion: tokens.map((_, i) => i),
    stop: row.stop,
    prefillText: `before ${row.id}`,
    completionText: row.text,
  };
}

function scoreLine(row: Row, source: ScoreSource): string {
  const logprobs = row[source] ?? null;
  if (logprobs === null) return "";
  const record: ScoreRecord = { id: row.id, logprobs: encodeFloat32(Float32Array.from(logprobs)) };
  return encodeLine(record);
}
