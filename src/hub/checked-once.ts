import { join } from "node:path";
import { z } from "zod";
import { TelltaleError } from "../errors.js";
import { readCached, writeCached } from "./cached-json.js";
import { type FileHash, fileMatches } from "./hash.js";
import type { CachedFile, ModelFile } from "./model-cache.js";
import type { Hub } from "./settings.js";

const noteSchema = z.object({ real: z.string(), size: z.number(), mtimeMs: z.number(), inode: z.number() });

/**
 * Whether a file of the cache has the size and the hash it must have. Hashed when it is first met, which is noted in Telltale's own
 * cache, and again only where the file has changed since.
 */
export async function isIntact(hub: Hub, found: CachedFile, { path, size, hash }: ModelFile): Promise<boolean> {
  if (found.size !== size) return false;
  if (hash === null || (await isNoted(hub, found, hash))) return true;
  const onBytes = (bytesDone: number): void =>
    hub.onProgress?.({ step: "check", file: path, bytesDone, bytesTotal: size });
  const intact = await fileMatches(found.real, size, hash, { signal: hub.signal, onBytes }).catch((error: unknown) => {
    if (hub.signal?.aborted) throw new TelltaleError("CANCELLED", "Cancelled while a model was being checked.");
    throw error;
  });
  if (intact) await noteChecked(hub, found, hash);
  return intact;
}

/** Notes that a file's hash was right. A cache that cannot be written is no failure: the file is hashed again next time. */
export async function noteChecked(hub: Hub, found: CachedFile, hash: FileHash): Promise<void> {
  await writeCached(noteOf(hub, hash), found).catch(() => undefined);
}

async function isNoted(hub: Hub, found: CachedFile, hash: FileHash): Promise<boolean> {
  const noted = await readCached(noteOf(hub, hash), noteSchema);
  return (
    noted?.real === found.real &&
    noted.size === found.size &&
    noted.mtimeMs === found.mtimeMs &&
    noted.inode === found.inode
  );
}

function noteOf(hub: Hub, hash: FileHash): string {
  return join(hub.cacheFolder, "checked", `${hash.value}.json`);
}
