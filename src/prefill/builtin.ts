import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { TelltaleError } from "../errors.js";

/** Absolute path of the folder that the package's own corpus lies in, seen from dist/prefill/. */
export const BUILTIN_FOLDER = fileURLToPath(new URL("../../corpora/builtin", import.meta.url));

/** The built-in corpus' files in name order, sizes in bytes. */
export async function builtinFiles(): Promise<{ path: string; name: string; size: number }[]> {
  const names = await readdir(BUILTIN_FOLDER).catch(() => []);
  const wanted = names.filter((name) => name.endsWith(".jsonl")).sort();
  if (wanted.length === 0) {
    throw new TelltaleError(
      "FILE_UNREADABLE",
      "The built-in corpus is missing from this installation of telltale (corpora/builtin). Install telltale again.",
    );
  }
  return Promise.all(
    wanted.map(async (name) => {
      const path = join(BUILTIN_FOLDER, name);
      return { path, name, size: (await stat(path)).size };
    }),
  );
}
