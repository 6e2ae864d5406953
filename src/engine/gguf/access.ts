import { quoted } from "../../safe-text.js";
import { badFile } from "./problem.js";
import type { GgufHeader, GgufValue, NumberArray, StringTable } from "./types.js";

/** Metadata as llama.cpp reads it: a key of another type than it expects stops the loading. */

export function textOf(header: GgufHeader, key: string): string | undefined {
  const value = header.metadata.get(key);
  if (value === undefined) return undefined;
  if (value.type !== "string") throw mistyped(header, key, value, "text");
  return value.value;
}

export function uint32Of(header: GgufHeader, key: string): number | undefined {
  const value = header.metadata.get(key);
  if (value === undefined) return undefined;
  if (value.type !== "uint32") throw mistyped(header, key, value, "uint32");
  return value.value;
}

export function float32Of(header: GgufHeader, key: string): number | undefined {
  const value = header.metadata.get(key);
  if (value === undefined) return undefined;
  if (value.type !== "float32") throw mistyped(header, key, value, "float32");
  return value.value;
}

export function boolOf(header: GgufHeader, key: string): boolean | undefined {
  const value = header.metadata.get(key);
  if (value === undefined) return undefined;
  if (value.type !== "bool") throw mistyped(header, key, value, "bool");
  return value.value;
}

export function stringsOf(header: GgufHeader, key: string): StringTable | undefined {
  const value = header.metadata.get(key);
  if (value === undefined) return undefined;
  if (value.type !== "array" || value.of !== "string") throw mistyped(header, key, value, "an array of strings");
  return value.strings;
}

export function numbersOf(
  header: GgufHeader,
  key: string,
  types: readonly ("int32" | "uint32" | "float32")[],
): NumberArray | undefined {
  const value = header.metadata.get(key);
  if (value === undefined) return undefined;
  for (const type of types) if (value.type === "array" && value.of === type) return value.values;
  throw mistyped(header, key, value, `an array of ${types.join(" or ")}`);
}

/** number[layers]: one number for each layer, given in the file once or layer by layer; absent where the file has none. */
export function perLayerOf(header: GgufHeader, key: string, layers: number): number[] | undefined {
  const value = header.metadata.get(key);
  if (value?.type !== "array") {
    const single = uint32Of(header, key);
    return single === undefined ? undefined : new Array<number>(layers).fill(single);
  }
  const numbers = numbersOf(header, key, ["uint32", "int32"]) ?? new Int32Array(0);
  if (numbers.length !== layers || numbers.some((number) => number < 0)) {
    throw badFile("model", header.path, `has ${numbers.length} numbers at ${quoted(key)} for its ${layers} layers`);
  }
  return Array.from(numbers);
}

export function required<T>(header: GgufHeader, key: string, value: T | undefined): T {
  if (value === undefined) throw badFile("model", header.path, `lacks the metadata key ${quoted(key)}`);
  return value;
}

function mistyped(header: GgufHeader, key: string, value: GgufValue, wanted: string): Error {
  const found = value.type === "array" ? `an array of ${value.of}` : value.type;
  return badFile("model", header.path, `gives ${quoted(key)} as ${found} instead of ${wanted}`);
}
