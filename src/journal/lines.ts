import { type FileHandle, open } from "node:fs/promises";
import { readFailed } from "../io-errors.js";

const NEWLINE = 10;
const BLOCK_BYTES = 1024 * 1024;
/** Bytes; longer lines are no journal's, and are passed over without being held in memory. */
export const MAX_LINE_BYTES = 64 * 1024 * 1024;

export interface RawLine {
  /** The line with its newline, if it has one; null where it is longer than MAX_LINE_BYTES. */
  text: string | null;
  /** False for a last line without a newline. */
  whole: boolean;
  /** Bytes from the start of the file, and bytes of the line with its newline. */
  offset: number;
  length: number;
}

/** Lines that begin in the bytes [start, end) of a file, in order, some thousand at a time, in constant memory. */
export async function* readLines(path: string, start = 0, end = Number.POSITIVE_INFINITY): AsyncGenerator<RawLine[]> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, "r");
    const block = Buffer.allocUnsafe(BLOCK_BYTES);
    // The byte before `start` says whether a line begins there or is only continued.
    let position = Math.max(0, start - 1);
    let foreign = start > 0;
    let lineStart = position;
    let pending: Buffer[] = [];
    while (lineStart < end) {
      const { bytesRead } = await handle.read(block, 0, block.length, position);
      if (bytesRead === 0) break;
      const lines: RawLine[] = [];
      let from = 0;
      for (let at = block.indexOf(NEWLINE); at >= 0 && at < bytesRead; at = block.indexOf(NEWLINE, from)) {
        const length = position + at + 1 - lineStart;
        if (!foreign) {
          const text = join(pending, block.subarray(from, at + 1), length);
          lines.push({ text, whole: true, offset: lineStart, length });
        }
        foreign = false;
        pending = [];
        from = at + 1;
        lineStart = position + from;
        if (lineStart >= end) break;
      }
      yield lines;
      if (lineStart >= end) return;
      position += bytesRead;
      if (foreign || position - lineStart > MAX_LINE_BYTES) pending = [];
      else pending.push(Buffer.from(block.subarray(from, bytesRead)));
    }
    const length = position - lineStart;
    if (length > 0 && !foreign && lineStart < end) {
      yield [{ text: join(pending, Buffer.alloc(0), length), whole: false, offset: lineStart, length }];
    }
  } catch (cause) {
    throw readFailed(path, cause);
  } finally {
    await handle?.close();
  }
}

function join(pending: readonly Buffer[], rest: Buffer, length: number): string | null {
  if (length > MAX_LINE_BYTES) return null;
  return pending.length === 0 ? rest.toString() : Buffer.concat([...pending, rest]).toString();
}
