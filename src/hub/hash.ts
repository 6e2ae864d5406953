import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { z } from "zod";

/** What the hub promises of a file: SHA-256 of its bytes where it lies in LFS, git's blob hash where it lies in git. */
export const fileHashSchema = z.union([
  z.object({ algorithm: z.literal("sha256"), value: z.string().regex(/^[0-9a-f]{64}$/) }),
  z.object({ algorithm: z.literal("gitSha1"), value: z.string().regex(/^[0-9a-f]{40}$/) }),
]);

/** The same as a type. */
export interface FileHash {
  /** "gitSha1": the hash of its git blob. */
  algorithm: "sha256" | "gitSha1";
  /** Lower-case hexadecimal digits. */
  value: string;
}

export interface HashOptions {
  signal?: AbortSignal | undefined;
  /** Called with the bytes read so far. */
  onBytes?: ((bytesDone: number) => void) | undefined;
}

/** Whether the file at `path` has this size in bytes and this hash; false where there is none. */
export async function fileMatches(
  path: string,
  size: number,
  hash: FileHash,
  { signal, onBytes }: HashOptions = {},
): Promise<boolean> {
  const facts = await stat(path).catch(() => undefined);
  if (facts === undefined || !facts.isFile() || facts.size !== size) return false;
  const digest = createHash(hash.algorithm === "sha256" ? "sha256" : "sha1");
  if (hash.algorithm === "gitSha1") digest.update(`blob ${size}\0`);
  let bytesDone = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, ...(signal && { signal }) })) {
    digest.update(chunk as Buffer);
    bytesDone += (chunk as Buffer).length;
    onBytes?.(bytesDone);
  }
  return digest.digest("hex") === hash.value;
}
