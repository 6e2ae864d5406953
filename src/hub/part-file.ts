import { createHash } from "node:crypto";
import { readdir, rename, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";

/** Milliseconds after which a part that nobody has written to is given up by its writer. */
const ABANDONED = 10 * 60_000;

/**
 * The path at which this process gathers a blob: blobs/HASH.HOST-PID.incomplete.
 *
 * Every process has a name of its own, so that two never write into one file. What another one has left, because it ended or has not
 * written for ten minutes, is renamed to this name and continued; so is HASH.incomplete of older Hugging Face tools.
 */
export async function claimPart(blobs: string, hash: string): Promise<string> {
  const host = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);
  const own = join(blobs, `${hash}.${host}-${process.pid}.incomplete`);
  if (await sizeOf(own)) return own;
  const left: { path: string; size: number }[] = [];
  for (const name of await readdir(blobs)) {
    if (!name.startsWith(`${hash}.`) || !name.endsWith(".incomplete")) continue;
    const [, writerHost, pid] = /^([0-9a-f]{8})-(\d+)\.incomplete$/.exec(name.slice(hash.length + 1)) ?? [];
    if (pid === undefined && name !== `${hash}.incomplete`) continue;
    const path = join(blobs, name);
    const ended = writerHost === host && !isRunning(Number(pid));
    const size = await sizeOf(path);
    if (size > 0 && (ended || (await age(path)) > ABANDONED)) left.push({ path, size });
  }
  for (const { path } of left.sort((a, b) => b.size - a.size)) {
    // Of several processes that find the same part, one succeeds.
    if (
      await rename(path, own).then(
        () => true,
        () => false,
      )
    )
      break;
  }
  return own;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}

async function age(path: string): Promise<number> {
  return Date.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? Date.now());
}
