import { open } from "node:fs/promises";
import { TelltaleError } from "./errors.js";
import { readFailed } from "./io-errors.js";
import { quoted } from "./safe-text.js";

/**
 * The UTF-8 text of a file or a pipe of at most `largest` bytes; FILE_UNREADABLE, or BAD_ARGUMENT where it is larger or no text.
 *
 * `what` is how messages call the file, e.g. "keyword file", and `wanted` what is to be given instead.
 */
export async function readSmallTextFile(path: string, largest: number, what: string, wanted: string): Promise<string> {
  const bytes = await readStart(path, largest + 1);
  if (bytes.length > largest) {
    const sentence = `The ${what} ${quoted(path, 4096)} is larger than ${largest / 1024} KB.`;
    throw new TelltaleError("BAD_ARGUMENT", `${sentence} Give ${wanted}.`);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    const sentence = `The ${what} ${quoted(path, 4096)} is no UTF-8 text. Convert it first.`;
    throw new TelltaleError("BAD_ARGUMENT", sentence, { cause });
  }
}

/** The first bytes of a file or a pipe, at most `limit`. */
async function readStart(path: string, limit: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(limit);
  let length = 0;
  try {
    const handle = await open(path, "r");
    try {
      for (let last = -1; last !== 0 && length < limit; length += last) {
        last = (await handle.read(bytes, length, limit - length, null)).bytesRead;
      }
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw readFailed(path, cause);
  }
  return bytes.subarray(0, length);
}
