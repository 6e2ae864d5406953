import { readFile } from "node:fs/promises";
import { TelltaleError } from "../errors.js";
import { readFailed, systemCode, writeFailed } from "../io-errors.js";
import { writeAtomic } from "./atomic-file.js";

/** Writes a JSON file so that, whatever happens, the old one or the new one is there whole. */
export async function writeJsonAtomic(path: string, value: unknown): Promise<void> {
  let text: string;
  try {
    text = `${JSON.stringify(value, null, 2)}\n`;
  } catch (cause) {
    throw writeFailed(path, cause);
  }
  await writeAtomic(path, [text]);
}

/** Reads a JSON file; FILE_UNREADABLE where it is missing, BAD_RUN where it is not JSON. */
export async function readJson(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw readFailed(path, cause);
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TelltaleError(
      "BAD_RUN",
      `"${path}" is not JSON, so it was changed or damaged after it was written. Restore it or start a new run.`,
      { cause },
    );
  }
}

/** The same; undefined where there is no such file. */
export async function readJsonIfThere(path: string): Promise<unknown> {
  try {
    return await readJson(path);
  } catch (error) {
    if (error instanceof TelltaleError && systemCode(error.cause) === "ENOENT") return undefined;
    throw error;
  }
}
