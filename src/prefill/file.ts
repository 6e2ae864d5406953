import { basename } from "node:path";
import { TelltaleError } from "../errors.js";
import { quoted } from "../safe-text.js";
import { type CorpusDocument, DEFAULT_COLUMN } from "./document.js";
import { readJsonArray } from "./json-array.js";
import { readJsonLines, readTextLines } from "./lines.js";
import { readParquet } from "./parquet.js";

export type FileFormat = "text" | "jsonLines" | "jsonArray" | "parquet";

export interface ReadFileOptions {
  /** The column or field that holds the text. Default "text". */
  column?: string | undefined;
  /** What the file is called in sources and messages. Default: its base name. */
  label?: string;
}

const FORMATS: Readonly<Record<string, FileFormat>> = {
  txt: "text",
  jsonl: "jsonLines",
  ndjson: "jsonLines",
  json: "jsonArray",
  parquet: "parquet",
};

/** The format a file's name promises, by its ending; undefined for a name that promises none of them. */
export function fileFormat(name: string): FileFormat | undefined {
  const match = /\.([a-z]+?)(\.gz)?$/.exec(name.toLowerCase());
  const format = FORMATS[match?.[1] ?? ""];
  return format === "parquet" && match?.[2] !== undefined ? undefined : format;
}

/** The same, for a file that is to be read: a name that promises no known format is refused. */
export function knownFormat(path: string): FileFormat {
  const format = fileFormat(path);
  if (format !== undefined) return format;
  throw new TelltaleError(
    "BAD_CORPUS",
    `${quoted(path)} is of no known corpus format. Use .txt (one document a line), .jsonl, .ndjson or .json ` +
      "(each also with .gz), or .parquet.",
  );
}

/** Documents of one file, streamed, in the file's order. The format follows from the name. */
export function readFileDocuments(path: string, options: ReadFileOptions = {}): AsyncGenerator<CorpusDocument> {
  const label = options.label ?? basename(path);
  const column = options.column ?? DEFAULT_COLUMN;
  switch (knownFormat(path)) {
    case "text":
      return readTextLines(path, label);
    case "jsonLines":
      return readJsonLines(path, label, column);
    case "jsonArray":
      return readJsonArray(path, label, column);
    case "parquet":
      return readParquet(path, label, column);
  }
}
