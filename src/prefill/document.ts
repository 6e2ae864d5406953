import { TelltaleError } from "../errors.js";
import { quoted } from "../safe-text.js";

/** One text of a corpus. */
export interface CorpusDocument {
  /** All of it. */
  text: string;
  /** Where it stands, for people: the file's name, a colon, and the line, element or row, counted from 1. */
  source: string;
}

/** The column or field that holds the text where none is named. */
export const DEFAULT_COLUMN = "text";

/** The text of one parsed JSON record: a string, or an object with one under `column`; null counts as no text. */
export function recordText(record: unknown, column: string, where: string): string {
  if (typeof record === "string") return record;
  if (typeof record !== "object" || record === null || Array.isArray(record)) {
    throw new TelltaleError("BAD_CORPUS", `${where} is neither a JSON object nor a string.`);
  }
  if (!Object.hasOwn(record, column)) {
    const fields = Object.keys(record)
      .slice(0, 10)
      .map((name) => quoted(name))
      .join(", ");
    throw new TelltaleError(
      "BAD_CORPUS",
      `${where} has no field ${quoted(column)}. Its fields are: ${fields || "none"}. Name the one that holds the text.`,
    );
  }
  return columnText((record as Record<string, unknown>)[column], column, where);
}

/** The text in a cell: a string as it is, null as no text; anything else is refused. */
export function columnText(value: unknown, column: string, where: string): string {
  if (typeof value === "string") return value;
  if (value === null || value === undefined) return "";
  throw new TelltaleError("BAD_CORPUS", `${where} holds something other than text in ${quoted(column)}.`);
}
