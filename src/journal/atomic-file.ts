import { randomBytes } from "node:crypto";
import { type FileHandle, open, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { writeFailed } from "../io-errors.js";

/** Writes a file's parts one after the other so that, whatever happens, the old file or the new one is there whole. */
export async function writeAtomic(path: string, parts: Iterable<string> | AsyncIterable<Uint8Array>): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    const handle = await open(temporary, "wx");
    try {
      await writeFile(handle, parts);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw writeFailed(path, cause);
  }
  await syncDirectory(dirname(path));
}

/** Makes a new name in a directory survive a power failure. */
export async function syncDirectory(path: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, "r");
    await handle.sync();
  } catch {
    // Windows and some network file systems cannot sync a directory; the file itself is already safe.
  } finally {
    await handle?.close();
  }
}
