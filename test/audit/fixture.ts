import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { AuditOptions } from "#telltale/audit/options.js";
import { runPaths } from "#telltale/journal/files.js";
import { decodeFloat32 } from "#telltale/journal/float32.js";
import { parseCompletionRecord, parseScoreRecord } from "#telltale/journal/parse.js";
import { readRecords } from "#telltale/journal/reader.js";
import { keywordsOf } from "../rank/fixture.js";

export const BASE_A = "models/base-a-q8_0.gguf";
export const ORGANISM_A = "models/organism-a-glass-q8_0.gguf";
export const BASE_A_F16 = "test/fixtures/models/base-a-f16.gguf";
export const BASE_B = "test/fixtures/models/base-b-q8_0.gguf";
export const ADAPTER = "test/fixtures/models/organism-a-glass-lora.gguf";
export const MERGED = "test/fixtures/models/organism-a-glass-merged-f16.gguf";

/** What the shipped organism was finetuned on. */
export const GLASS = keywordsOf(["glass"], ["halden"], ["bottles"], ["solvang"], ["430 hertz"]);

/** A folder that goes away with the test. */
export function temporaryFolder(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(path.join(tmpdir(), "telltale-"));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/**
 * A small audit on one thread: tests share the processor, and llama.cpp's threads wait for each other by spinning. In this process,
 * since most of its time would be that of starting others; what is about those asks for them.
 */
export function smallAudit(directory: string, changes: Partial<AuditOptions> = {}): AuditOptions {
  return {
    finetuned: ORGANISM_A,
    reference: BASE_A,
    directory,
    limit: 40,
    maxTokens: 40,
    context: { threads: 1 },
    inProcess: true,
    ...changes,
  };
}

/** What lies in a run's directory, or in its null's: completions in order, log-probabilities by id. */
export async function readRun(directory: string) {
  const paths = runPaths(directory);
  const scores = async (file: string) =>
    new Map(
      (await collect(readRecords(file, parseScoreRecord))).map(({ id, logprobs }) => [id, decodeFloat32(logprobs)]),
    );
  return {
    completions: await collect(readRecords(paths.completions, parseCompletionRecord)),
    finetuned: await scores(paths.finetuned),
    reference: await scores(paths.reference),
  };
}

async function collect<T>(items: AsyncIterable<{ record: T }>): Promise<T[]> {
  const records: T[] = [];
  for await (const { record } of items) records.push(record);
  return records;
}
