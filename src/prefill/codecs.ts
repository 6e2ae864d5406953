import * as zlib from "node:zlib";
import type { Compressors } from "hyparquet";

type Unpack = (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array;

/**
 * Parquet page codecs beyond Snappy, which hyparquet brings along: what this Node.js can unpack by itself.
 * No page may grow beyond the size its header promises.
 */
export function pageCodecs(): Compressors {
  const limited = (unpack: Unpack) => (bytes: Uint8Array, size: number) =>
    unpack(bytes, { maxOutputLength: Math.max(1, size) });
  const codecs: Compressors = { GZIP: limited(zlib.gunzipSync), BROTLI: limited(zlib.brotliDecompressSync) };
  // Node.js has Zstandard from 22.15 on.
  const zstd = (zlib as { zstdDecompressSync?: Unpack }).zstdDecompressSync;
  if (zstd !== undefined) codecs.ZSTD = limited(zstd);
  return codecs;
}
