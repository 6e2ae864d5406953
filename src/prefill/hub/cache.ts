import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import type { ZodType } from "zod";
import { TelltaleError } from "../../errors.js";
import { writeFailed } from "../../io-errors.js";
import { quoted } from "../../safe-text.js";

/** Absolute paths: where the cache keeps what it knows of one dataset. */
export interface DatasetFolder {
  /** datasets/OWNER--NAME/refs/REVISION.json: the commit a branch or tag stood at when it was first asked for. */
  ref(revision: string): string;
  /** datasets/OWNER--NAME/COMMIT.json: the data files, with the hashes they must have. */
  manifest(commit: string): string;
  /** datasets/OWNER--NAME/COMMIT/PATH. Fails for a path that would leave that folder. */
  file(commit: string, path: string): string;
}

/** The folder of one dataset. Owner and dataset are names that parseCorpus accepted. */
export function datasetFolder(cacheFolder: string, owner: string, dataset: string): DatasetFolder {
  const root = join(cacheFolder, "datasets", `${owner}--${dataset}`);
  return {
    ref: (revision) => join(root, "refs", `${encodeURIComponent(revision)}.json`),
    manifest: (commit) => join(root, `${commit}.json`),
    file: (commit, path) => pathWithin(join(root, commit), path),
  };
}

/** Joins a file name that came from the hub to a folder; a name that could lead elsewhere, on any system, is refused. */
export function pathWithin(folder: string, path: string): string {
  const parts = path.split("/");
  // Control characters, Windows' separators and device marks, and names it would shorten.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const safe = parts.every((part) => /^(?![.]{1,2}$)[^\x00-\x1f\x7f<>:"|?*\\]{1,200}(?<![. ])$/.test(part));
  const target = resolve(folder, ...parts);
  const inside = relative(resolve(folder), target);
  if (!safe || inside === "" || inside === ".." || inside.startsWith(`..${sep}`)) {
    throw new TelltaleError(
      "DOWNLOAD_FAILED",
      `The dataset holds a file named ${quoted(path)}, which is no safe path inside the cache folder. Nothing of it was downloaded.`,
    );
  }
  return target;
}

/** What a JSON file of the cache says; undefined where it is missing or not of that shape. */
export async function readCached<Value>(path: string, schema: ZodType<Value>): Promise<Value | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    return undefined;
  }
}

/** Writes a JSON file of the cache, whole or not at all. */
export async function writeCached(path: string, value: unknown): Promise<void> {
  const draft = `${path}.${process.pid}.tmp`;
  await writing(path, async () => {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(draft, `${JSON.stringify(value, null, 2)}\n`);
    await rename(draft, path);
  });
}

/** Runs a step that writes into the cache; a failure becomes WRITE_FAILED. */
export async function writing<Value>(path: string, step: () => Promise<Value>): Promise<Value> {
  try {
    return await step();
  } catch (error) {
    const advice = "Or set TELLTALE_CACHE to a folder that can be written.";
    throw new TelltaleError("WRITE_FAILED", `${writeFailed(path, error).message} ${advice}`, { cause: error });
  }
}
