import { readdir } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { TelltaleError } from "../errors.js";
import { systemCode } from "../io-errors.js";
import { runPaths } from "../journal/files.js";
import { readJsonIfThere, writeJsonAtomic } from "../journal/json-file.js";
import { isLocked } from "../journal/lock.js";
import { exists } from "../journal/open-file.js";
import { quoted } from "../safe-text.js";
import { AuditOptions } from "./options.js";
import { rebaseOptions } from "./rebase.js";
import type { Resume } from "./workshop.js";

const RunRecord = z.looseObject({
  schema: z.literal("telltale.run/1"),
  startedAt: z.string(),
  /** From the run's directory: where the paths in `options` are meant from. */
  workingDirectory: z.string().optional(),
  options: z.looseObject({}),
  /** When the run was gone on with. */
  resumed: z.array(z.looseObject({})).default([]),
});

/** run.json, as far as going on with a run needs it. */
export type RunRecord = z.output<typeof RunRecord>;

/** Reads run.json. Throws BAD_RUN where there is none, or it is of another kind. */
export async function readRunRecord(directory: string): Promise<RunRecord> {
  const file = runPaths(directory).run;
  const content = await readJsonIfThere(file);
  if (content === undefined) {
    throw new TelltaleError(
      "BAD_RUN",
      `${quoted(directory, 4096)} holds no run.json, so there is no run to go on with. Give the directory of an interrupted run, or start a new one.`,
    );
  }
  const parsed = RunRecord.safeParse(content);
  if (parsed.success) return parsed.data;
  throw new TelltaleError(
    "BAD_RUN",
    `${quoted(file, 4096)} is not of a run that this version of Telltale can go on with. Rank what there is with \`telltale rank\`, or start a new run.`,
    { cause: parsed.error },
  );
}

/** The settings that a run was begun with, with paths as they are from the current folder. */
export function recordedOptions(record: RunRecord, directory: string): AuditOptions {
  const parsed = AuditOptions.safeParse(record.options);
  const { workingDirectory } = record;
  if (parsed.success)
    return workingDirectory === undefined ? parsed.data : rebaseOptions(parsed.data, directory, workingDirectory);
  throw new TelltaleError(
    "BAD_RUN",
    `The settings in ${quoted(runPaths(directory).run, 4096)} are not those of this version of Telltale. Give them on the command line beside --resume, or start a new run.`,
    { cause: parsed.error },
  );
}

/** Notes in run.json that the run was gone on with, and how. */
export async function recordResume(
  directory: string,
  record: RunRecord,
  startedAt: Date,
  { retryErrors }: Resume,
): Promise<void> {
  const resumed = [...record.resumed, { startedAt: startedAt.toISOString(), retryErrors }];
  await writeJsonAtomic(runPaths(directory).run, { ...record, resumed });
}

/** The directory of the run in `folder` that was begun last, is unfinished and is written by nobody. Throws BAD_RUN where there is none. */
export async function latestUnfinished(folder = "runs"): Promise<string> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  });
  let latest: { directory: string; startedAt: string } | null = null;
  for (const name of names) {
    const directory = path.join(folder, name);
    const { run, summary, lock } = runPaths(directory);
    if (!(await exists(run)) || (await exists(summary)) || (await isLocked(lock))) continue;
    const record = await readRunRecord(directory).catch(() => null);
    if (record !== null && record.startedAt > (latest?.startedAt ?? "")) {
      latest = { directory, startedAt: record.startedAt };
    }
  }
  if (latest !== null) return latest.directory;
  throw new TelltaleError(
    "BAD_RUN",
    `There is no interrupted run in ${quoted(folder, 4096)}. Give the directory of one: --resume DIR.`,
  );
}
