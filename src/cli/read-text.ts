import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { TelltaleError } from "../errors.js";

/** The text of a file, or of standard input for "-", unchanged. Throws FILE_UNREADABLE, also where it is no UTF-8. */
export async function readText(file: string): Promise<string> {
  const what = file === "-" ? "Standard input" : `The file ${file}`;
  let bytes: Uint8Array;
  try {
    bytes = file === "-" ? await buffer(process.stdin) : await readFile(file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === "ENOENT" ? "does not exist" : `cannot be read (${code ?? (cause as Error).message})`;
    throw new TelltaleError("FILE_UNREADABLE", `${what} ${why}: name a text file, or - for standard input.`, { cause });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new TelltaleError("FILE_UNREADABLE", `${what} is no UTF-8 text: convert it first.`, { cause });
  }
}
