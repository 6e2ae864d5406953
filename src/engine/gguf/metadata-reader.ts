import { quoted } from "../../safe-text.js";
import type { ByteReader } from "./byte-reader.js";
import type { BigNumberType, GgufValue, NumberArray, SmallNumberType, StringTable } from "./types.js";

/** Real models have under a hundred keys; llama.cpp compares every key with all before it. */
const MAX_KEYS = 10_000;
const MAX_KEY_BYTES = 65_535;

interface SmallNumberReading {
  bytes: number;
  scalar: (bytes: Buffer) => number;
  array: (memory: ArrayBuffer) => NumberArray;
}

const SMALL_NUMBERS: Record<SmallNumberType, SmallNumberReading> = {
  uint8: { bytes: 1, scalar: (b) => b.readUInt8(), array: (m) => new Uint8Array(m) },
  int8: { bytes: 1, scalar: (b) => b.readInt8(), array: (m) => new Int8Array(m) },
  uint16: { bytes: 2, scalar: (b) => b.readUInt16LE(), array: (m) => new Uint16Array(m) },
  int16: { bytes: 2, scalar: (b) => b.readInt16LE(), array: (m) => new Int16Array(m) },
  uint32: { bytes: 4, scalar: (b) => b.readUInt32LE(), array: (m) => new Uint32Array(m) },
  int32: { bytes: 4, scalar: (b) => b.readInt32LE(), array: (m) => new Int32Array(m) },
  float32: { bytes: 4, scalar: (b) => b.readFloatLE(), array: (m) => new Float32Array(m) },
  float64: { bytes: 8, scalar: (b) => b.readDoubleLE(), array: (m) => new Float64Array(m) },
};

/** Value types by their number in a file. */
const VALUE_TYPES = [
  "uint8",
  "int8",
  "uint16",
  "int16",
  "uint32",
  "int32",
  "float32",
  "bool",
  "string",
  "array",
  "uint64",
  "int64",
  "float64",
] as const;

type ValueType = (typeof VALUE_TYPES)[number];

/** The `count` keys and values at the reader's place. */
export async function readMetadata(reader: ByteReader, count: bigint): Promise<Map<string, GgufValue>> {
  if (count > MAX_KEYS) throw reader.problem(`claims ${count} metadata keys, and real models have under a hundred`);
  const metadata = new Map<string, GgufValue>();
  for (let index = 0; index < count; index += 1) {
    const key = await readName(reader, MAX_KEY_BYTES, `metadata key ${index}`);
    if (key === "") throw reader.problem(`has an empty name for metadata key ${index}`);
    if (metadata.has(key)) throw reader.problem(`has the metadata key ${quoted(key)} twice`);
    metadata.set(key, await readValue(reader, key));
  }
  return metadata;
}

/** A key or a tensor's name: short printable text, for it is looked up and shown. */
export async function readName(reader: ByteReader, maxBytes: number, what: string): Promise<string> {
  const length = await readLength(reader, 1, what);
  if (length > maxBytes)
    throw reader.problem(`has a name of ${length} bytes at ${what}; at most ${maxBytes} are allowed`);
  if (!reader.has(length)) await reader.fill(length, what);
  const bytes = reader.take(length);
  const name = bytes.toString("utf8");
  if (/[\p{C}\ufffd]/u.test(name)) throw reader.problem(`has unprintable characters in the name of ${what}`);
  return name;
}

export async function readUint32(reader: ByteReader, what: string): Promise<number> {
  if (!reader.has(4)) await reader.fill(4, what);
  return reader.takeUint32();
}

export async function readUint64(reader: ByteReader, what: string): Promise<bigint> {
  if (!reader.has(8)) await reader.fill(8, what);
  return reader.takeUint64();
}

async function readLength(reader: ByteReader, bytesEach: number, what: string): Promise<number> {
  return reader.claim(await readUint64(reader, what), bytesEach, what);
}

async function readValueType(reader: ByteReader, key: string): Promise<ValueType> {
  const id = await readUint32(reader, `the type of ${quoted(key)}`);
  const type = VALUE_TYPES[id];
  if (type === undefined) throw reader.problem(`gives the metadata key ${quoted(key)} the unknown type ${id}`);
  return type;
}

async function readValue(reader: ByteReader, key: string): Promise<GgufValue> {
  const what = `the value of ${quoted(key)}`;
  const type = await readValueType(reader, key);
  switch (type) {
    case "array":
      return await readArray(reader, key);
    case "string":
      return { type, value: (await readBytes(reader, await readLength(reader, 1, what))).toString("utf8") };
    case "uint64":
      return { type, value: await readUint64(reader, what) };
    case "int64":
      return { type, value: BigInt.asIntN(64, await readUint64(reader, what)) };
    default: {
      const reading = SMALL_NUMBERS[type === "bool" ? "uint8" : type];
      if (!reader.has(reading.bytes)) await reader.fill(reading.bytes, what);
      const value = reading.scalar(reader.take(reading.bytes));
      return type === "bool" ? { type, value: value !== 0 } : { type, value };
    }
  }
}

async function readArray(reader: ByteReader, key: string): Promise<GgufValue> {
  const what = `the array ${quoted(key)}`;
  const of = await readValueType(reader, key);
  switch (of) {
    case "array":
      throw reader.problem(`has an array of arrays at ${quoted(key)}, which llama.cpp does not read`);
    case "string":
      return { type: "array", of, strings: await readStrings(reader, what) };
    case "uint64":
    case "int64":
      return { type: "array", of, values: await readBigArray(reader, of, what) };
    default: {
      const reading = SMALL_NUMBERS[of === "bool" ? "uint8" : of];
      const count = await readLength(reader, reading.bytes, what);
      return { type: "array", of, values: reading.array(await readMemory(reader, count * reading.bytes)) };
    }
  }
}

async function readBigArray(reader: ByteReader, of: BigNumberType, what: string) {
  const memory = await readMemory(reader, 8 * (await readLength(reader, 8, what)));
  return of === "int64" ? new BigInt64Array(memory) : new BigUint64Array(memory);
}

async function readMemory(reader: ByteReader, bytes: number): Promise<ArrayBuffer> {
  const memory = new ArrayBuffer(bytes);
  await reader.copyTo(new Uint8Array(memory), 0, bytes);
  return memory;
}

async function readBytes(reader: ByteReader, bytes: number): Promise<Buffer> {
  return Buffer.from(await readMemory(reader, bytes));
}

/** All strings in one growing buffer: a vocabulary of 150,000 tokens costs one object, not 150,000. */
async function readStrings(reader: ByteReader, what: string): Promise<StringTable> {
  const length = await readLength(reader, 8, what);
  const offsets = new Uint32Array(length + 1);
  let bytes = Buffer.allocUnsafe(Math.max(64, 8 * length));
  let end = 0;
  for (let index = 0; index < length; index += 1) {
    if (!reader.has(8)) await reader.fill(8, what);
    const size = reader.claim(reader.takeUint64(), 1, what);
    if (end + size > bytes.length) {
      const larger = Buffer.allocUnsafe(2 * (end + size));
      bytes.copy(larger, 0, 0, end);
      bytes = larger;
    }
    if (reader.has(size)) bytes.set(reader.take(size), end);
    else await reader.copyTo(bytes, end, size);
    end += size;
    offsets[index + 1] = end;
  }
  return { bytes: bytes.subarray(0, end), offsets, length };
}
