import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";

/** What the hub promises of a file: SHA-256 of its bytes where it lies in LFS, git's blob hash where it lies in git. */
export interface FileHash {
  algorithm: "sha256" | "gitSha1";
  /** Lower-case hexadecimal digits. */
  value: string;
}

/** Whether the file at `path` has this size in bytes and this hash; false where there is none. */
export async function fileMatches(path: string, size: number, hash: FileHash): Promise<boolean> {
  const facts = await stat(path).catch(() => undefined);
  if (facts === undefined || !facts.isFile() || facts.size !== size) return false;
  const digest = createHash(hash.algorithm === "sha256" ? "sha256" : "sha1");
  if (hash.algorithm === "gitSha1") digest.update(`blob ${size}\0`);
  for await (const chunk of createReadStream(path)) digest.update(chunk as Buffer);
  return digest.digest("hex") === hash.value;
}
