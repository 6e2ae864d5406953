import { type FileHandle, open } from "node:fs/promises";
import { type AsyncBuffer, parquetMetadataAsync, parquetReadObjects, parquetSchema } from "hyparquet";
import { TelltaleError } from "../errors.js";
import { quoted } from "../safe-text.js";
import { readFailure, regularFileSize } from "./bytes.js";
import { pageCodecs } from "./codecs.js";
import { type CorpusDocument, columnText } from "./document.js";

/** Documents of a Parquet file: one a row, from one column, read row group by row group. */
export async function* readParquet(path: string, label: string, column: string): AsyncGenerator<CorpusDocument> {
  const size = await regularFileSize(path);
  const handle = await open(path).catch((error: unknown) => {
    throw readFailure(path, label, error);
  });
  try {
    const file = handleBuffer(handle, size);
    const metadata = await parquetMetadataAsync(file);
    const columns = parquetSchema(metadata).children.map((child) => child.element.name);
    if (!columns.includes(column)) {
      const offered = columns
        .slice(0, 20)
        .map((name) => quoted(name))
        .join(", ");
      throw new TelltaleError(
        "BAD_CORPUS",
        `${quoted(label)} has no column ${quoted(column)}. Its columns are: ${offered}. Name the one that holds the text.`,
      );
    }
    let row = 0;
    for (const group of metadata.row_groups) {
      const rowEnd = row + Number(group.num_rows);
      const rows = await parquetReadObjects({
        file,
        metadata,
        columns: [column],
        rowStart: row,
        rowEnd,
        compressors: pageCodecs(),
      });
      for (const record of rows) {
        row++;
        yield {
          text: columnText(record[column], column, `${quoted(label)}, row ${row},`),
          source: `${label}:${row}`,
        };
      }
    }
  } catch (error) {
    if (error instanceof TelltaleError) throw error;
    const reason = quoted(error instanceof Error ? error.message : "unknown error");
    throw new TelltaleError("BAD_CORPUS", `${quoted(label)} cannot be read as a Parquet file: ${reason}.`, {
      cause: error,
    });
  } finally {
    await handle.close();
  }
}

/** A file as hyparquet reads it: byte ranges on demand. */
function handleBuffer(handle: FileHandle, byteLength: number): AsyncBuffer {
  return {
    byteLength,
    async slice(start, end = byteLength) {
      const wanted = new Uint8Array(Math.max(0, Math.min(end, byteLength) - start));
      for (let filled = 0; filled < wanted.length; ) {
        const { bytesRead } = await handle.read(wanted, filled, wanted.length - filled, start + filled);
        if (bytesRead === 0) throw new Error("the file ends too early");
        filled += bytesRead;
      }
      return wanted.buffer;
    },
  };
}
