import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { ZodType } from "zod";
import { writing } from "./writing.js";

/** What a JSON file of a cache says; undefined where it is missing or not of that shape. */
export async function readCached<Value>(path: string, schema: ZodType<Value>): Promise<Value | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    return undefined;
  }
}

/** Writes a JSON file of a cache, whole or not at all; WRITE_FAILED names the variable that sets another folder. */
export async function writeCached(path: string, value: unknown, variable = "TELLTALE_CACHE"): Promise<void> {
  await writeWhole(path, `${JSON.stringify(value, null, 2)}\n`, variable);
}

/** The same for a text. */
export async function writeWhole(path: string, text: string, variable: string): Promise<void> {
  const draft = `${path}.${process.pid}.tmp`;
  await writing(path, variable, async () => {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(draft, text);
    await rename(draft, path);
  });
}
