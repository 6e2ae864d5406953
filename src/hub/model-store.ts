import { mkdir, rename, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import { TelltaleError } from "../errors.js";
import { formatBytes } from "../numbers.js";
import { quoted } from "../safe-text.js";
import { isIntact, noteChecked } from "./checked-once.js";
import { downloadFile } from "./download.js";
import { offlineRefusal } from "./failures.js";
import type { FileHash } from "./hash.js";
import { linkToBlob } from "./link.js";
import { lookAt, MODEL_CACHE_VARIABLE, type ModelFile, type ModelFolder } from "./model-cache.js";
import { claimPart } from "./part-file.js";
import type { Repository } from "./repository.js";
import type { Hub } from "./settings.js";
import { writing } from "./writing.js";

/** A model's repository at one commit, and where the cache keeps it. */
export interface Snapshot {
  hub: Hub;
  repository: Repository;
  commit: string;
  folder: ModelFolder;
}

/** What this process is downloading, by blob: a file that is wanted twice at once is downloaded once. */
const underway = new Map<string, Promise<void>>();

/** Absolute path of a file in its snapshot, its size and hash checked; downloaded where it is missing or damaged. */
export async function ensureModelFile(snapshot: Snapshot, file: ModelFile): Promise<string> {
  const { hub, folder, commit } = snapshot;
  const pointer = folder.pointer(commit, file.path);
  const there = await lookAt(folder, pointer);
  if (there !== undefined && (await isIntact(hub, there, file))) return pointer;
  if (there !== undefined) sayDamaged(hub, pointer);
  const { hash } = file;
  if (hash === null) throw unknownHash(pointer);
  const blob = join(folder.blobs, hash.value);
  const kept = await lookAt(folder, blob);
  const usable = kept !== undefined && kept.real !== there?.real && (await isIntact(hub, kept, file));
  if (!usable && hub.offline) throw offlineRefusal(quoted(file.path, 400));
  if (!usable) await downloadOnce(snapshot, { ...file, hash }, blob);
  await writing(pointer, MODEL_CACHE_VARIABLE, () => linkToBlob(blob, pointer, hub.links, !usable));
  const placed = usable ? undefined : await lookAt(folder, pointer);
  if (placed !== undefined) await noteChecked(hub, placed, hash);
  return pointer;
}

async function downloadOnce(snapshot: Snapshot, file: ModelFile & { hash: FileHash }, blob: string): Promise<void> {
  const before = underway.get(blob);
  const download = before ?? downloadBlob(snapshot, file, blob);
  if (before === undefined) underway.set(blob, download);
  try {
    await download;
  } finally {
    underway.delete(blob);
  }
}

async function downloadBlob(
  { hub, repository, commit, folder }: Snapshot,
  file: ModelFile & { hash: FileHash },
  blob: string,
): Promise<void> {
  await writing(blob, MODEL_CACHE_VARIABLE, () => mkdir(folder.blobs, { recursive: true }));
  const part = await claimPart(folder.blobs, file.hash.value);
  await checkRoom(folder.blobs, file, part);
  await downloadFile({ hub, repository, commit, file, part, variable: MODEL_CACHE_VARIABLE });
  await writing(blob, MODEL_CACHE_VARIABLE, () => rename(part, blob));
}

/** Refuses what cannot fit on the disk before gigabytes of it have arrived. */
async function checkRoom(folder: string, { path, size }: ModelFile, part: string): Promise<void> {
  const arrived = (await stat(part).catch(() => undefined))?.size ?? 0;
  const disk = await statfs(folder).catch(() => undefined);
  const free = disk === undefined ? 0 : disk.bavail * disk.bsize;
  // Some network file systems say 0 for what they do not know.
  if (free === 0 || free >= size - arrived) return;
  throw new TelltaleError(
    "WRITE_FAILED",
    `${quoted(path)} has ${formatBytes(size)}, and ${quoted(folder, 4096)} has room for ${formatBytes(free)}. Free some space, or set ${MODEL_CACHE_VARIABLE} to a folder on another disk.`,
  );
}

function sayDamaged(hub: Hub, pointer: string): void {
  const path = quoted(pointer, 4096);
  if (!hub.offline) {
    hub.onNote?.(`${path} is not the file it should be (size or hash differ), so it is downloaded again.`);
    return;
  }
  throw new TelltaleError(
    "DOWNLOAD_FAILED",
    `${path} is not the file it should be (size or hash differ), and without the network it cannot be downloaded again. Unset HF_HUB_OFFLINE, or check the network.`,
  );
}

function unknownHash(pointer: string): TelltaleError {
  return new TelltaleError("DOWNLOAD_FAILED", `${quoted(pointer, 4096)} was removed while it was being looked for.`);
}
