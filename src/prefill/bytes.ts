import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { TelltaleError } from "../errors.js";
import { readFailed, systemCode } from "../io-errors.js";
import { quoted } from "../safe-text.js";

/** Bytes, chunk by chunk: the file's contents, unpacked where its name ends in .gz. */
export async function* readBytes(path: string, label: string): AsyncGenerator<Buffer> {
  const file = createReadStream(path);
  // pipeline with a callback, so that either end's failure or early stop closes the other.
  const stream = path.toLowerCase().endsWith(".gz") ? pipeline(file, createGunzip(), () => {}) : file;
  try {
    for await (const chunk of stream) yield chunk as Buffer;
  } catch (error) {
    throw readFailure(path, label, error);
  } finally {
    file.destroy();
  }
}

/** Bytes: the size of a regular file; a sentence where there is none. */
export async function regularFileSize(path: string): Promise<number> {
  const facts = await stat(path).catch((error: unknown) => {
    throw readFailure(path, path, error);
  });
  if (facts.isDirectory()) {
    throw new TelltaleError("FILE_UNREADABLE", `${quoted(path)} is a directory. Name one file in it as the corpus.`);
  }
  if (!facts.isFile()) {
    throw new TelltaleError("FILE_UNREADABLE", `${quoted(path)} is not a regular file. Name a file as the corpus.`);
  }
  return facts.size;
}

/** What to report when reading `path` failed with `error`. */
export function readFailure(path: string, label: string, error: unknown): TelltaleError {
  if (error instanceof TelltaleError) return error;
  const code = systemCode(error);
  if (!code.startsWith("Z_")) return readFailed(path, error);
  return new TelltaleError(
    "BAD_CORPUS",
    `${quoted(label)} is not a whole gzip file (${code}). Fetch or pack it again.`,
    { cause: error },
  );
}
