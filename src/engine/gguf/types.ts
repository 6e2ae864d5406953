import type { TensorTypeName } from "./tensor-types.js";

/** What `readGgufHeader` returns: everything in a GGUF file but the weights. */
export interface GgufHeader {
  path: string;
  /** The paths of all files that hold the model, in order: the one above, and the other parts of a model in several. */
  parts: readonly string[];
  /** Bytes of the file; of all its parts for a model in several files. */
  fileSize: number;
  /** 2 or 3. */
  version: number;
  metadata: ReadonlyMap<string, GgufValue>;
  /** By name, in file order; of all parts for a model in several files. */
  tensors: ReadonlyMap<string, GgufTensor>;
  /** Bytes every tensor's place is a multiple of. */
  alignment: number;
  /** Where the weights begin, bytes from the start of the file. */
  dataOffset: number;
  /** Sentences about what is odd yet does no harm. */
  warnings: readonly string[];
}

export interface GgufTensor {
  name: string;
  type: TensorTypeName;
  /** 1 to 4 sizes, the innermost (a row's length) first, as GGUF has them. */
  shape: readonly number[];
  /** Bytes of the data, without padding. */
  bytes: number;
  /** Bytes from the start of the weights. */
  offset: number;
}

export type SmallNumberType = "uint8" | "int8" | "uint16" | "int16" | "uint32" | "int32" | "float32" | "float64";
export type BigNumberType = "uint64" | "int64";
export type NumberArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

/** One metadata value with the type the file gives it; text stays bytes in arrays, for tokens need not be UTF-8. */
export type GgufValue =
  | { type: SmallNumberType; value: number }
  | { type: BigNumberType; value: bigint }
  | { type: "bool"; value: boolean }
  | { type: "string"; value: string }
  | { type: "array"; of: SmallNumberType | "bool"; values: NumberArray }
  | { type: "array"; of: BigNumberType; values: BigInt64Array | BigUint64Array }
  | { type: "array"; of: "string"; strings: StringTable };

/** Many strings in one buffer: string i is bytes offsets[i] up to offsets[i + 1]. */
export interface StringTable {
  bytes: Buffer;
  /** Uint32Array [length + 1] */
  offsets: Uint32Array;
  length: number;
}

/** The bytes of string `index`, or none where there is no such string. */
export function stringBytes(table: StringTable, index: number): Buffer {
  return table.bytes.subarray(table.offsets[index] ?? 0, table.offsets[index + 1] ?? 0);
}
