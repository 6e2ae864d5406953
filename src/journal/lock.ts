import { randomBytes } from "node:crypto";
import { link, readFile, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { z } from "zod";
import { TelltaleError } from "../errors.js";
import { readFailed, systemCode, writeFailed } from "../io-errors.js";
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
 * known. The lock of a process that is gone is taken over, by one process at a time.
 */
export async function lockRun(path: string): Promise<RunLock> {
  const own = { pid: process.pid, host: hostname(), began: await beginningOf(process.pid), nonce: randomHex() };
  const text = `${JSON.stringify(own)}\n`;
  if (await tryCreate(path, text)) return held(path, text, false);
  await refuseHolder(path, own.host);
  const recovering = `${path}.recover`;
  if (!(await tryCreate(recovering, text))) {
    await refuseHolder(recovering, own.host);
    // Its process ended while it recovered the other one; whoever comes first takes its place.
    await rm(recovering, { force: true });
    if (!(await tryCreate(recovering, text))) await refuseHolder(recovering, own.host);
  }
  try {
    // Another process may have recovered the lock before this one was alone with it.
    await refuseHolder(path, own.host);
    await rm(path, { force: true });
    if (!(await tryCreate(path, text))) await refuseHolder(path, own.host);
  } finally {
    await releaseOwn(recovering, text);
  }
  return held(path, text, true);
}

/** Whether a process that may be alive is writing the run. */
export async function isLocked(path: string): Promise<boolean> {
  const holder = await holderOf(path);
  return holder !== null && (await mayBeAlive(holder));
}

function held(path: string, text: string, recovered: boolean): RunLock {
  return { recovered, release: () => releaseOwn(path, text) };
}

/** Under its name the lock is whole from the first moment on: it is written aside, and then linked there. */
async function tryCreate(path: string, text: string): Promise<boolean> {
  const aside = `${path}.${randomHex()}.tmp`;
  try {
    await writeFile(aside, text, { flag: "wx", flush: true });
    await link(aside, path);
    return true;
  } catch (cause) {
    if (systemCode(cause) === "EEXIST") return false;
    throw writeFailed(path, cause);
  } finally {
    await rm(aside, { force: true }).catch(() => undefined);
  }
}

async function releaseOwn(path: string, text: string): Promise<void> {
  const there = await readFile(path, "utf8").catch(() => null);
  if (there === text) await rm(path, { force: true }).catch(() => undefined);
}

/** Throws where the lock's process may be alive. */
async function refuseHolder(path: string, here: string): Promise<void> {
  const holder = await holderOf(path);
  if (holder !== null && (await mayBeAlive(holder))) throw heldBy(path, holder, here);
}

function randomHex(): string {
  return randomBytes(6).toString("hex");
}

/** Who a lock says it is of; null where there is none, or one that nothing alive has written because it is not Telltale's. */
async function holderOf(path: string): Promise<Holder | null> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    if (systemCode(cause) === "ENOENT") return null;
    throw readFailed(path, cause);
  }
  try {
    return Holder.parse(JSON.parse(text));
  } catch {
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

function heldBy(path: string, { pid, host }: Holder, here: string): TelltaleError {
  const who = host === here ? `process ${pid}` : `process ${pid} on ${quoted(host)}`;
  const advice =
    host === here
      ? `Wait for it, or end it first; if it is no telltale, remove ${quoted(path, 4096)}.`
      : `If that is not running any more, remove ${quoted(path, 4096)}.`;
  return new TelltaleError("BAD_RUN", `Another ${who} is writing this run. ${advice}`);
}
