import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, relative, sep } from "node:path";
import { TelltaleError } from "../errors.js";
import { quoted } from "../safe-text.js";
import { writeWhole } from "./cached-json.js";
import type { FileHash } from "./hash.js";
import { isCommit, type Repository } from "./repository.js";
import { isInside, isSafePath, pathWithin } from "./safe-path.js";

/** What sets the folder of the shared cache. */
export const MODEL_CACHE_VARIABLE = "HF_HUB_CACHE";

/** A file of a model's repository; its hash is null where only an old cache without links knows of it. */
export interface ModelFile {
  /** Its path in the repository. */
  path: string;
  /** Bytes. */
  size: number;
  /** What its bytes must have. */
  hash: FileHash | null;
}

/** Absolute paths: where the Hugging Face tools keep what they know of one model, and so does Telltale. */
export interface ModelFolder {
  /** models--OWNER--NAME */
  root: string;
  /** refs/REVISION: a text, the commit a branch or tag stood at when it was last asked for. */
  ref(revision: string): string;
  /** trees/COMMIT.json: all files at a commit. */
  tree(commit: string): string;
  /** blobs/: the files' contents by their hashes. */
  blobs: string;
  /** snapshots/COMMIT. */
  snapshot(commit: string): string;
  /** snapshots/COMMIT/PATH: a relative link to the blob, or the file itself where there can be no links. */
  pointer(commit: string, path: string): string;
}

export function modelFolder(cache: string, { owner, name }: Repository): ModelFolder {
  const root = join(cache, `models--${owner}--${name}`);
  const snapshot = (commit: string): string => join(root, "snapshots", commit);
  return {
    root,
    ref: (revision) => join(root, "refs", revision),
    tree: (commit) => join(root, "trees", `${commit}.json`),
    blobs: join(root, "blobs"),
    snapshot,
    pointer: (commit, path) => pathWithin(snapshot(commit), path),
  };
}

/** The commit the cache knows for a branch or tag; undefined where it knows none. */
export async function readRef(folder: ModelFolder, revision: string): Promise<string | undefined> {
  const text = await readFile(folder.ref(revision), "utf8").catch(() => "");
  const commit = text.trim();
  return isCommit(commit) ? commit : undefined;
}

/** Notes the commit of a branch or tag. */
export async function writeRef(folder: ModelFolder, revision: string, commit: string): Promise<void> {
  if (revision === commit || (await readRef(folder, revision)) === commit) return;
  await writeWhole(folder.ref(revision), commit, MODEL_CACHE_VARIABLE);
}

/** A file of the cache: where its bytes really lie, and what tells whether it was changed. */
export interface CachedFile {
  real: string;
  size: number;
  /** Milliseconds. */
  mtimeMs: number;
  inode: number;
}

/** What lies at a path of the cache; undefined where no file does; refuses a link that leads out of the repository's folder. */
export async function lookAt(folder: ModelFolder, path: string): Promise<CachedFile | undefined> {
  const real = await realpath(path).catch(() => undefined);
  if (real === undefined) return undefined;
  if (!isInside(await realpath(folder.root), real)) {
    throw new TelltaleError(
      "FILE_UNREADABLE",
      `${quoted(path, 4096)} leads to ${quoted(real, 4096)}, out of its repository's folder in the cache, and is not followed. Remove that link, then the file is downloaded again.`,
    );
  }
  const facts = await stat(real).catch(() => undefined);
  if (facts === undefined || !facts.isFile()) return undefined;
  return { real, size: facts.size, mtimeMs: facts.mtimeMs, inode: facts.ino };
}

/** The GGUF files that the cache holds of a commit. */
export async function cachedFiles(folder: ModelFolder, commit: string): Promise<ModelFile[]> {
  const snapshot = folder.snapshot(commit);
  const entries = await readdir(snapshot, { recursive: true, withFileTypes: true }).catch(() => []);
  const files: ModelFile[] = [];
  for (const entry of entries) {
    const pointer = join(entry.parentPath, entry.name);
    const path = relative(snapshot, pointer).split(sep).join("/");
    if (!/\.gguf$/i.test(path) || !isSafePath(path)) continue;
    const found = await lookAt(folder, pointer);
    if (found !== undefined) files.push({ path, size: found.size, hash: hashOfBlob(found.real) });
  }
  return files;
}

/** The hash that a blob's name promises. */
function hashOfBlob(path: string): FileHash | null {
  if (basename(dirname(path)) !== "blobs") return null;
  const value = basename(path);
  if (/^[0-9a-f]{64}$/.test(value)) return { algorithm: "sha256", value };
  return /^[0-9a-f]{40}$/.test(value) ? { algorithm: "gitSha1", value } : null;
}
