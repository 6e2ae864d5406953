import { crc32 } from "node:zlib";

/** What a line turned out to be: whole, cut short before its newline, or not what was written. */
export type DecodedLine =
  | { status: "ok"; record: unknown }
  | { status: "torn" }
  | { status: "damaged"; reason: string };

const CHECKSUM_FIELD = /,?"crc32":"([0-9a-f]{8})"\}$/;
/** Characters of `,"crc32":"01234567"}`: the checksum is looked for in no more than these. */
const CHECKSUM_LENGTH = 20;

/** One line of a journal, its newline included: the record's JSON with a last field "crc32" over the JSON without it. */
export function encodeLine(record: object): string {
  const json = JSON.stringify(record);
  const body = json.slice(0, -1);
  return `${body}${body === "{" ? "" : ","}"crc32":"${checksum(json)}"}\n`;
}

/** Reads back one line, its newline included; a text without a newline at its end is torn. */
export function decodeLine(text: string): DecodedLine {
  if (!text.endsWith("\n")) return { status: "torn" };
  const line = text.slice(0, -1);
  const field = CHECKSUM_FIELD.exec(line.slice(-CHECKSUM_LENGTH));
  if (field === null) return { status: "damaged", reason: "it does not end in a checksum" };
  const json = `${line.slice(0, -field[0].length)}}`;
  if (checksum(json) !== field[1]) return { status: "damaged", reason: "its checksum does not fit" };
  try {
    return { status: "ok", record: JSON.parse(json) };
  } catch {
    return { status: "damaged", reason: "it is not JSON" };
  }
}

function checksum(json: string): string {
  return crc32(json).toString(16).padStart(8, "0");
}
