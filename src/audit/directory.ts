import { mkdir, readdir, rm, rmdir } from "node:fs/promises";
import path from "node:path";
import { isRemote, parseRemote } from "../engine/remote/spec.js";
import { TelltaleError } from "../errors.js";
import { writeFailed } from "../io-errors.js";
import { RUN_FILES } from "../journal/files.js";

/** With the time no file system finds it too long. */
const LONGEST_STEM = 200;

/** A file of a run that is being written aside, before it gets its name. */
const DRAFT = /\.[0-9a-f]{12}\.tmp$/;

/** runs/<model>-<local time to the second>, in the current folder. */
export function defaultDirectory(model: string, now = new Date()): string {
  const stem = path
    .basename(isRemote(model) ? servedName(model) : model)
    .replace(/\.gguf$/i, "")
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .slice(0, LONGEST_STEM);
  const stamp = new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
  return path.join("runs", `${stem}-${stamp.replaceAll(":", "").replace("T", "-")}`);
}

/** A model behind endpoints goes by its own name, else by its first server's. */
function servedName(text: string): string {
  const { model, endpoints } = parseRemote(text);
  return model ?? new URL(endpoints[0] ?? text).host;
}

/**
 * Makes the run's directory and returns whether it is new. Throws BAD_RUN if it holds anything: a run is never mixed with
 * another.
 */
export async function makeRunDirectory(directory: string): Promise<boolean> {
  let names: string[];
  let made: string | undefined;
  try {
    made = await mkdir(directory, { recursive: true });
    names = await readdir(directory);
  } catch (cause) {
    throw writeFailed(directory, cause);
  }
  // What a process leaves that was interrupted before it wrote anything else is no run.
  if (names.some((name) => name !== RUN_FILES.lock && !DRAFT.test(name))) {
    const isUnfinished = names.includes(RUN_FILES.run) && !names.includes(RUN_FILES.summary);
    const advice = isUnfinished
      ? "It holds an interrupted run: go on with it with --resume, or give a new directory with -o."
      : "Give a new directory with -o, or remove the old run first.";
    throw new TelltaleError("BAD_RUN", `${directory} is not empty. ${advice}`);
  }
  return made !== undefined;
}

/** Removes what processes that were interrupted had begun to write. Only for who holds the run's lock. */
export async function removeDrafts(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  const drafts = names.filter((name) => DRAFT.test(name));
  await Promise.all(drafts.map((name) => rm(path.join(directory, name), { force: true }).catch(() => undefined)));
}

/** Takes back a new directory in which nothing came to be. */
export async function removeIfEmpty(directory: string): Promise<void> {
  await rmdir(directory).catch(() => {});
}
