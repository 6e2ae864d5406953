import { type FileHandle, open, rm, stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { TelltaleError } from "../errors.js";
import { quoted } from "../safe-text.js";
import { networkFailure, statusFailure } from "./failures.js";
import { fileMatches } from "./hash.js";
import { hubGet } from "./http.js";
import type { HubFile } from "./listing.js";
import { fileAddress, type Repository } from "./repository.js";
import type { Hub } from "./settings.js";
import { writing } from "./writing.js";

/** Attempts without one more byte. */
const ATTEMPTS = 4;

/** What is downloaded, and where it is gathered. */
export interface Download {
  hub: Hub;
  repository: Repository;
  commit: string;
  file: HubFile;
  /** Where the bytes are appended, as they arrive. Its folder is there. What it holds is continued. */
  part: string;
  /** The environment variable that sets another cache folder, for who cannot write there. */
  variable: string;
}

/** Downloads a file until its size and hash fit; what is there already is continued. What cannot be right is deleted. */
export async function downloadFile(download: Download): Promise<void> {
  const { hub, repository, commit, file, part } = download;
  const address = fileAddress(hub.endpoint, repository, commit, file.path);
  const continued = (await partSize(part)) > 0;
  await completePart(download, address);
  let whole = await arrived(download);
  if (!whole && continued) {
    // The beginning was left by an earlier run: it may be what is wrong, so one start from nothing.
    await rm(part, { force: true });
    await completePart(download, address);
    whole = await arrived(download);
  }
  if (whole) return;
  await rm(part, { force: true });
  throw new TelltaleError(
    "DOWNLOAD_FAILED",
    `What arrived as ${quoted(file.path)} is not the file that the hub lists (size or ${file.hash.algorithm} differ), ` +
      "and was deleted. Try again; if it happens again, do not trust this server.",
  );
}

async function arrived({ hub, file, part }: Download): Promise<boolean> {
  const onBytes = (bytesDone: number): void =>
    hub.onProgress?.({ step: "check", file: file.path, bytesDone, bytesTotal: file.size });
  return fileMatches(part, file.size, file.hash, { signal: hub.signal, onBytes }).catch((error: unknown) => {
    if (hub.signal?.aborted) throw new TelltaleError("CANCELLED", "Cancelled while downloading from the hub.");
    throw error;
  });
}

/** Downloads until the part has the file's size, with pauses after interruptions. */
async function completePart(download: Download, address: string): Promise<void> {
  const { hub, part } = download;
  let furthest = await partSize(part);
  for (let attempt = 1; ; attempt++) {
    const problem = await appendOnce(download, address);
    if (problem === undefined) return;
    if (attempt === ATTEMPTS || problem.code === "CANCELLED") throw problem;
    const size = await partSize(part);
    if (size > furthest) attempt = 1;
    furthest = Math.max(furthest, size);
    const pause = hub.retryDelay * 2 ** (attempt - 1);
    await sleep(pause, undefined, hub.signal === undefined ? {} : { signal: hub.signal }).catch((error: unknown) => {
      throw networkFailure(hub, address, error);
    });
  }
}

/** One request for what the part still lacks. Returns a problem that is worth another attempt; throws for others. */
async function appendOnce(download: Download, address: string): Promise<TelltaleError | undefined> {
  const { hub, repository, file, part, variable } = download;
  let offset = await partSize(part);
  if (offset > file.size) {
    await rm(part, { force: true });
    offset = 0;
  }
  if (offset === file.size && offset > 0) return undefined;
  // Compressed transfer would make ranges count other bytes than the file's.
  const headers = { "accept-encoding": "identity", ...(offset > 0 ? { range: `bytes=${offset}-` } : {}) };
  try {
    const response = await hubGet(hub, address, headers);
    const resumes =
      response.status === 206 && response.headers.get("content-range")?.startsWith(`bytes ${offset}-`) === true;
    if (response.status !== 200 && !resumes) {
      await response.body?.cancel();
      const problem = statusFailure(address, response, repository);
      if (response.status === 206 || response.status === 416) {
        await rm(part, { force: true });
        return problem;
      }
      if (response.status >= 500 || response.status === 429) return problem;
      throw problem;
    }
    const handle = await writing(part, variable, () => open(part, resumes ? "a" : "w"));
    try {
      await receive(download, response, handle, resumes ? offset : 0);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof TelltaleError) throw error;
    return networkFailure(hub, address, error);
  }
  if ((await partSize(part)) >= file.size) return undefined;
  return networkFailure(hub, address, new Error("the body ended too early"));
}

/** Writes a response's body; stops one that is longer than the file is. */
async function receive(download: Download, response: Response, handle: FileHandle, offset: number): Promise<void> {
  const { hub, file, part, variable } = download;
  let bytesDone = offset;
  for await (const chunk of response.body ?? []) {
    const bytes = chunk as Uint8Array;
    bytesDone += bytes.length;
    await writing(part, variable, () => handle.writeFile(bytes));
    hub.onProgress?.({ step: "download", file: file.path, bytesDone, bytesTotal: file.size });
    if (bytesDone > file.size) break;
  }
  await writing(part, variable, () => handle.sync());
}

async function partSize(part: string): Promise<number> {
  return (await stat(part).catch(() => undefined))?.size ?? 0;
}
