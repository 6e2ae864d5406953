import { type FileHandle, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { TelltaleError } from "../../errors.js";
import { quoted } from "../../safe-text.js";
import type { HubSpec } from "../spec.js";
import { datasetFolder, writing } from "./cache.js";
import { fileMatches } from "./hash.js";
import { hubGet, networkFailure, statusFailure } from "./http.js";
import type { Hub } from "./settings.js";
import type { HubFile } from "./snapshot.js";

const ATTEMPTS = 4;

/**
 * Absolute path of one file of a dataset, in the cache, its size and hash checked each time.
 *
 * What is missing is downloaded to PATH.part, continued there after an interruption, and renamed once the hash fits.
 */
export async function ensureFile(spec: HubSpec, commit: string, file: HubFile, hub: Hub): Promise<string> {
  const target = datasetFolder(hub.cacheFolder, spec.owner, spec.dataset).file(commit, file.path);
  if (await fileMatches(target, file.size, file.hash)) return target;
  const part = `${target}.part`;
  const path = file.path.split("/").map(encodeURIComponent).join("/");
  const address = `${hub.endpoint}/datasets/${spec.owner}/${spec.dataset}/resolve/${commit}/${path}`;
  await writing(target, () => mkdir(dirname(target), { recursive: true }));

  const continued = (await partSize(part)) > 0;
  await completePart(hub, address, part, file);
  let whole = await fileMatches(part, file.size, file.hash);
  if (!whole && continued) {
    // The beginning was left by an earlier run: it may be what is wrong, so one start from nothing.
    await rm(part, { force: true });
    await completePart(hub, address, part, file);
    whole = await fileMatches(part, file.size, file.hash);
  }
  if (!whole) {
    await rm(part, { force: true });
    throw new TelltaleError(
      "DOWNLOAD_FAILED",
      `What arrived as ${quoted(file.path)} is not the file that the hub lists (size or ${file.hash.algorithm} differ), ` +
        "and was deleted. Try again; if it happens again, do not trust this server.",
    );
  }
  await writing(target, () => rename(part, target));
  return target;
}

/** Downloads until the part has the file's size, with pauses after interruptions. */
async function completePart(hub: Hub, address: string, part: string, file: HubFile): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const problem = await appendOnce(hub, address, part, file);
    if (problem === undefined) return;
    if (attempt === ATTEMPTS || problem.code === "CANCELLED") throw problem;
    const pause = hub.retryDelay * 2 ** (attempt - 1);
    await sleep(pause, undefined, hub.signal === undefined ? {} : { signal: hub.signal }).catch((error: unknown) => {
      throw networkFailure(hub, address, error);
    });
  }
}

/** One request for what the part still lacks. Returns a problem that is worth another attempt; throws for others. */
async function appendOnce(hub: Hub, address: string, part: string, file: HubFile): Promise<TelltaleError | undefined> {
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
      if (response.status === 206 || response.status === 416) {
        await rm(part, { force: true });
        return statusFailure(address, response.status);
      }
      const problem = statusFailure(address, response.status);
      if (response.status >= 500 || response.status === 429) return problem;
      throw problem;
    }
    const handle = await writing(part, () => open(part, resumes ? "a" : "w"));
    try {
      await receive(hub, response, handle, part, file, resumes ? offset : 0);
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
async function receive(
  hub: Hub,
  response: Response,
  handle: FileHandle,
  part: string,
  file: HubFile,
  offset: number,
): Promise<void> {
  let bytesDone = offset;
  for await (const chunk of response.body ?? []) {
    const bytes = chunk as Uint8Array;
    bytesDone += bytes.length;
    await writing(part, () => handle.writeFile(bytes));
    hub.onProgress?.({ file: file.path, bytesDone, bytesTotal: file.size });
    if (bytesDone > file.size) break;
  }
  await writing(part, () => handle.sync());
}

async function partSize(part: string): Promise<number> {
  return (await stat(part).catch(() => undefined))?.size ?? 0;
}
