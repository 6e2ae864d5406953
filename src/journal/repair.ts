import { createReadStream } from "node:fs";
import { writeAtomic } from "./atomic-file.js";
import { exists } from "./open-file.js";
import { readRecords } from "./reader.js";

/** What a journal of an interrupted run held that cannot be gone on with. */
export interface Repair {
  /** Whether the last line was cut short. */
  torn: boolean;
  /** Lines that are not what was written. */
  damaged: number;
  /** Lines that are whole, and were not to be kept. */
  dropped: number;
}

/** Bytes [from, to) of a file. */
interface Range {
  from: number;
  to: number;
}

/**
 * Makes a journal one that can be gone on with: whole lines only, and of those the ones to keep; a torn last line is left to the next
 * opening. Where a line in the middle has to go, the file is written anew, whole or not at all. Nothing to do where there is none.
 */
export async function repairJournal<T>(
  path: string,
  parse: (value: unknown) => T,
  keep: (record: T) => boolean,
): Promise<Repair> {
  const repair: Repair = { torn: false, damaged: 0, dropped: 0 };
  if (!(await exists(path))) return repair;
  const kept: Range[] = [];
  const onProblem = ({ kind }: { kind: "torn" | "damaged" }): void => {
    if (kind === "torn") repair.torn = true;
    else repair.damaged += 1;
  };
  for await (const { record, offset, length } of readRecords(path, parse, { onProblem })) {
    const last = kept.at(-1);
    if (!keep(record)) repair.dropped += 1;
    else if (last?.to === offset) last.to += length;
    else kept.push({ from: offset, to: offset + length });
  }
  if (repair.damaged + repair.dropped > 0) await writeAtomic(path, contentOf(path, kept));
  return repair;
}

async function* contentOf(path: string, ranges: readonly Range[]): AsyncGenerator<Buffer> {
  for (const { from, to } of ranges) yield* createReadStream(path, { start: from, end: to - 1 });
}
