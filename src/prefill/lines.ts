import { TelltaleError } from "../errors.js";
import { quoted } from "../safe-text.js";
import { readBytes } from "./bytes.js";
import { type CorpusDocument, recordText } from "./document.js";

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** Bytes: longer records are refused, for a file without newlines would otherwise be held in memory whole. */
export const MAX_RECORD_BYTES = 64 * 1024 * 1024;

/** Documents of a text file: one a line, empty lines left out, nothing stripped but the line's end. */
export async function* readTextLines(path: string, label: string): AsyncGenerator<CorpusDocument> {
  for await (const line of readLines(path, label)) {
    if (line.text.length > 0) yield { text: line.text, source: `${label}:${line.number}` };
  }
}

/** Documents of a JSON Lines file: one a line, blank lines left out. */
export async function* readJsonLines(path: string, label: string, column: string): AsyncGenerator<CorpusDocument> {
  for await (const line of readLines(path, label)) {
    if (line.text.trim().length === 0) continue;
    const where = `${quoted(label)}, line ${line.number},`;
    yield {
      text: recordText(parseRecord(line.text, where), column, where),
      source: `${label}:${line.number}`,
    };
  }
}

/** Parses one JSON record; the message names the place and never repeats the record. */
export function parseRecord(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new TelltaleError("BAD_CORPUS", `${where} is not valid JSON. Mend or remove it.`, { cause: error });
  }
}

/** Strict UTF-8: the text of a record's bytes. */
export function decodeRecord(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new TelltaleError("BAD_CORPUS", `${where} is not valid UTF-8. Convert the file to UTF-8.`, { cause: error });
  }
}

/** Fails for a record of more than MAX_RECORD_BYTES. */
export function checkRecordSize(bytes: number, where: string): void {
  if (bytes > MAX_RECORD_BYTES) {
    throw new TelltaleError(
      "BAD_CORPUS",
      `${where} is longer than ${MAX_RECORD_BYTES / 1024 / 1024} MiB. Is this file really in the format its name says?`,
    );
  }
}

/** Lines counted from 1. Only newline bytes split: U+2028 and the like may stand inside a JSON string. */
async function* readLines(path: string, label: string): AsyncGenerator<{ number: number; text: string }> {
  let number = 1;
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  const take = (): { number: number; text: string } => {
    const line = Buffer.concat(pending);
    const end = line.at(-1) === CARRIAGE_RETURN ? line.length - 1 : line.length;
    const text = decodeRecord(line.subarray(0, end), `${quoted(label)}, line ${number},`);
    pending = [];
    pendingBytes = 0;
    return { number, text: number === 1 && text.startsWith("\uFEFF") ? text.slice(1) : text };
  };
  for await (const chunk of readBytes(path, label)) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      pending.push(chunk.subarray(start, end));
      start = end + 1;
      yield take();
      number++;
    }
    pending.push(chunk.subarray(start));
    pendingBytes += chunk.length - start;
    checkRecordSize(pendingBytes, `${quoted(label)}, line ${number},`);
  }
  if (pendingBytes > 0) yield take();
}
