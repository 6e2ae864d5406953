import { z } from "zod";
import { readCached, writeCached } from "./cached-json.js";
import { type HubFile, hubFile, type ListedFile } from "./listing.js";
import { MODEL_CACHE_VARIABLE } from "./model-cache.js";

const SHA256 = /^[0-9a-f]{64}$/;

/** trees/COMMIT.json, as huggingface_hub's _tree_cache.py keeps it. */
const treeSchema = z.object({
  format_version: z.literal(1),
  files: z.record(
    z.string(),
    z.object({
      size: z.int().nonnegative(),
      blob_id: z.string().regex(/^[0-9a-f]{40}$/),
      lfs_sha256: z.string().regex(SHA256).nullish(),
      lfs_size: z.int().nonnegative().nullish(),
    }),
  ),
});

/** All files of a commit, as the cache knows them; undefined where it does not. */
export async function readTree(path: string): Promise<HubFile[] | undefined> {
  const tree = await readCached(path, treeSchema);
  if (tree === undefined) return undefined;
  return Object.entries(tree.files).map(([name, { size, blob_id: oid, lfs_sha256: sha, lfs_size: bytes }]) =>
    hubFile({ path: name, size, oid, ...(sha ? { lfs: { oid: sha, size: bytes ?? size } } : {}) }),
  );
}

/** Keeps the listing of a commit, which never changes. */
export async function writeTree(path: string, listed: readonly ListedFile[]): Promise<void> {
  const entries = listed
    .map(({ path: name, size, oid, lfs, xetHash }): [string, object] => [
      name,
      {
        size,
        blob_id: oid,
        ...(lfs && { lfs_sha256: lfs.oid, lfs_size: lfs.size }),
        ...(xetHash !== undefined && SHA256.test(xetHash) && { xet_hash: xetHash }),
      },
    ])
    .sort(([a], [b]) => (a < b ? -1 : 1));
  await writeCached(path, { format_version: 1, files: Object.fromEntries(entries) }, MODEL_CACHE_VARIABLE);
}
