import { randomBytes } from "node:crypto";
import { type FileHandle, open, readFile, rename, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { z } from "zod";
import { TelltaleError } from "../errors.js";
import { systemCode, writeFailed } from "../io-errors.js";
import { quoted } from "../safe-text.js";

const Holder = z.object({
  pid: z.int().min(1),
  host: z.string(),
  /** When the process began, in the system's own units; null where it does not say. */
  began: z.string().nullable(),
});
type Holder = z.output<typeof Holder>;

/** A run that no other process may write meanwhile. */
export interface RunLock {
  /** The lock of a process that is gone was taken over. */
  recovered: boolean;
  release(): Promise<void>;
}

/**
 * Takes the lock of a run. Throws BAD_RUN where a process that is alive holds it, or one of another machine, of which that cannot be
 * known. The lock of a process that is gone is taken over.
 */
export async function lockRun(path: string): Promise<RunLock> {
  const own = { pid: process.pid, host: hostname(), began: await beginningOf(process.pid) };
  for (let recovered = false; ; recovered = true) {
    if (await tryCreate(path, own)) return { recovered, release: () => rm(path, { force: true }) };
    const text = await readFile(path, "utf8").catch(() => "");
    const holder = parseHolder(text);
    if (holder !== null && (await mayBeAlive(holder))) throw held(path, holder, own.host);
    await takeAway(path, text);
  }
}

async function tryCreate(path: string, own: Holder): Promise<boolean> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, "wx");
    await handle.writeFile(`${JSON.stringify(own)}\n`);
    await handle.sync();
    return true;
  } catch (cause) {
    if (systemCode(cause) === "EEXIST") return false;
    if (handle !== undefined) await rm(path, { force: true });
    throw writeFailed(path, cause);
  } finally {
    await handle?.close();
  }
}

/** Two processes may find the same stale lock: what is moved away and turns out to be a new one is put back. */
async function takeAway(path: string, stale: string): Promise<void> {
  const aside = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    await rename(path, aside);
  } catch (cause) {
    if (systemCode(cause) === "ENOENT") return;
    throw writeFailed(path, cause);
  }
  const text = await readFile(aside, "utf8").catch(() => "");
  if (text === stale) await rm(aside, { force: true });
  else await rename(aside, path);
}

function parseHolder(text: string): Holder | null {
  try {
    return Holder.parse(JSON.parse(text));
  } catch {
    // Torn: its process ended while it wrote, or is just writing. A lock is one small write, so the former.
    return null;
  }
}

async function mayBeAlive({ pid, host, began }: Holder): Promise<boolean> {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return systemCode(error) === "EPERM";
  }
  return began === null || began === (await beginningOf(pid));
}

/** Tells a process from another one that was given the same number later; Linux alone says. */
async function beginningOf(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null);
  // The second field is a name in brackets that may hold anything; the beginning is the 22nd.
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
}

function held(path: string, { pid, host }: Holder, here: string): TelltaleError {
  const who = host === here ? `process ${pid}` : `process ${pid} on ${quoted(host)}`;
  const advice =
    host === here ? "Wait for it, or end it first." : `If that is not running any more, remove ${quoted(path, 4096)}.`;
  return new TelltaleError("BAD_RUN", `Another ${who} is writing this run. ${advice}`);
}
