import { type FileHandle, open, stat } from "node:fs/promises";
import { readFailed } from "../../io-errors.js";
import { ByteReader } from "./byte-reader.js";
import { describeStart, START_BYTES } from "./file-kind.js";
import { readMetadata, readUint32, readUint64 } from "./metadata-reader.js";
import { badFile, type FileRole, unreadable } from "./problem.js";
import { checkTensorLayout, padded, readTensorTable } from "./tensor-reader.js";
import type { GgufHeader, GgufValue } from "./types.js";

const DEFAULT_ALIGNMENT = 32;

/**
 * Magic, version, metadata and tensor table of one GGUF file, every size held against the bytes really there.
 * Reads the header only, in windows of 1 MiB. Throws FILE_UNREADABLE, or BAD_MODEL / BAD_ADAPTER by `role`.
 */
export async function readGgufHeader(path: string, role: FileRole = "model"): Promise<GgufHeader> {
  const handle = await openFile(path, role);
  try {
    const { size } = await handle.stat();
    if (size === 0) throw badFile(role, path, "is empty", "Download the file again.");
    return await readHeader(handle, path, role, size);
  } catch (error) {
    if (isSystemError(error)) throw readFailed(path, error, { phase: "check", model: path });
    throw error;
  } finally {
    await handle.close();
  }
}

async function openFile(path: string, role: FileRole): Promise<FileHandle> {
  try {
    const facts = await stat(path);
    if (facts.isDirectory()) {
      throw unreadable(role, path, "is a directory", "Give the path of the .gguf file in it.");
    }
    // Opening a pipe would wait for a writer for ever.
    if (!facts.isFile()) throw unreadable(role, path, "is not a regular file", "Give the path of a .gguf file.");
    return await open(path, "r");
  } catch (error) {
    if (isSystemError(error)) throw readFailed(path, error, { phase: "check", model: path });
    throw error;
  }
}

async function readHeader(handle: FileHandle, path: string, role: FileRole, size: number): Promise<GgufHeader> {
  const start = Buffer.alloc(Math.min(START_BYTES, size));
  await handle.read(start, 0, start.length, 0);
  if (start.toString("latin1", 0, 4) !== "GGUF") {
    const [what, advice] = describeStart(start);
    throw badFile(role, path, what, advice);
  }
  const reader = new ByteReader(handle, path, role, size);
  await reader.fill(4, "its first bytes");
  reader.take(4);
  const version = await readVersion(reader);
  const tensorCount = await readUint64(reader, "the number of tensors");
  const keyCount = await readUint64(reader, "the number of metadata keys");
  const metadata = await readMetadata(reader, keyCount);
  const alignment = readAlignment(reader, metadata.get("general.alignment"));
  const tensors = await readTensorTable(reader, tensorCount);
  const dataOffset = padded(reader.position, alignment);
  checkTensorLayout(reader, tensors.values(), alignment, dataOffset);
  return { path, parts: [path], fileSize: size, version, metadata, tensors, alignment, dataOffset, warnings: [] };
}

async function readVersion(reader: ByteReader): Promise<number> {
  const version = await readUint32(reader, "the version");
  if (version === 2 || version === 3) return version;
  // A version that is zero in its low half was written in the other byte order.
  if (version !== 0 && (version & 0xffff) === 0) {
    throw reader.problem("is a GGUF file for big-endian machines", "Take the little-endian file, or convert it again.");
  }
  const advice = version === 1 ? "Convert the model again." : "Convert the model with the llama.cpp this program uses.";
  throw reader.problem(`is a GGUF file of version ${version}; versions 2 and 3 can be read`, advice);
}

function readAlignment(reader: ByteReader, value: GgufValue | undefined): number {
  if (value === undefined) return DEFAULT_ALIGNMENT;
  if (value.type !== "uint32") throw reader.problem(`gives general.alignment as ${value.type} instead of uint32`);
  if (value.value === 0 || (value.value & (value.value - 1)) !== 0) {
    throw reader.problem(`has the alignment ${value.value}, which is not a power of two`);
  }
  return value.value;
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException & { code: string } {
  return error instanceof Error && "syscall" in error && "code" in error && typeof error.code === "string";
}
