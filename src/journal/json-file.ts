import { randomBytes } from "node:crypto";
import { type FileHandle, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { TelltaleError } from "../errors.js";
import { readFailed, writeFailed } from "../io-errors.js";

/** Writes a JSON file so that, whatever happens, the old one or the new one is there whole. */
export async function writeJsonAtomic(path: string, value: unknown): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    const handle = await open(temporary, "wx");
    try {
      await handle.writeFile(`${JSON.stringify(value, null, 2)}\n`);
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

/** Reads a JSON file; FILE_UNREADABLE where it is missing, BAD_RUN where it is not JSON. */
export async function readJson(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw readFailed(path, cause);
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TelltaleError(
      "BAD_RUN",
      `"${path}" is not JSON, so it was changed or damaged after it was written. Restore it or start a new run.`,
      { cause },
    );
  }
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
