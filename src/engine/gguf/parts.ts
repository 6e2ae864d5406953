import { basename, dirname, join } from "node:path";
import { TelltaleError } from "../../errors.js";
import { quoted } from "../../safe-text.js";
import { readGgufHeader } from "./header.js";
import { badFile } from "./problem.js";
import type { GgufHeader, GgufTensor } from "./types.js";

/** A model in several files as one header: the first part's metadata, all parts' tensors; throws if a part is missing. */
export async function joinParts(first: GgufHeader): Promise<GgufHeader> {
  const count = splitNumber(first, "split.count", "uint16") ?? 1;
  if (count <= 1) return first;
  const number = splitNumber(first, "split.no", "uint16");
  if (number === undefined) throw badFile("model", first.path, `is one of ${count} parts and does not say which`);
  if (number > 0) {
    const advice = "Give the first part (its name has 00001); the others are found beside it.";
    throw badFile("model", first.path, `is part ${number + 1} of a model in ${count} files`, advice);
  }
  const tensors = new Map<string, GgufTensor>(first.tensors);
  const parts = [first.path];
  let fileSize = first.fileSize;
  for (let index = 1; index < count; index += 1) {
    const part = await readPart(first, index, count);
    parts.push(part.path);
    fileSize += part.fileSize;
    for (const [name, tensor] of part.tensors) {
      if (tensors.has(name)) throw badFile("model", part.path, `repeats the tensor ${quoted(name)} of another part`);
      tensors.set(name, tensor);
    }
  }
  const expected = splitNumber(first, "split.tensors.count", "int32");
  if (expected !== tensors.size) {
    throw badFile("model", first.path, `promises ${expected ?? "no"} tensors and its parts hold ${tensors.size}`);
  }
  return { ...first, parts, fileSize, tensors };
}

async function readPart(first: GgufHeader, index: number, count: number): Promise<GgufHeader> {
  const path = join(dirname(first.path), partName(first, index, count));
  let part: GgufHeader;
  try {
    part = await readGgufHeader(path);
  } catch (error) {
    if (!(error instanceof TelltaleError) || error.code !== "FILE_UNREADABLE") throw error;
    const what = `is part 1 of ${count}, and part ${index + 1} cannot be read: ${path}`;
    throw badFile(
      "model",
      first.path,
      what,
      "Put all parts into one directory, under the names they were published with.",
    );
  }
  const number = splitNumber(part, "split.no", "uint16");
  if (number !== index)
    throw badFile("model", path, `calls itself part ${(number ?? 0) + 1} and is named as ${index + 1}`);
  return part;
}

/** llama.cpp finds the parts by their names: `<name>-00001-of-00003.gguf`. */
function partName(first: GgufHeader, index: number, count: number): string {
  const suffix = (part: number) => `-${pad(part + 1)}-of-${pad(count)}.gguf`;
  const name = basename(first.path);
  if (!name.endsWith(suffix(0)) || name === suffix(0)) {
    const advice = `Give it back the name it was published with: it ends in ${suffix(0)}.`;
    throw badFile("model", first.path, `is part 1 of ${count} and was renamed, so the others cannot be found`, advice);
  }
  return name.slice(0, -suffix(0).length) + suffix(index);
}

function pad(number: number): string {
  return String(number).padStart(5, "0");
}

function splitNumber(header: GgufHeader, key: string, type: "uint16" | "int32"): number | undefined {
  const value = header.metadata.get(key);
  if (value === undefined) return undefined;
  if (value.type !== type)
    throw badFile("model", header.path, `gives ${quoted(key)} as ${value.type} instead of ${type}`);
  return value.value;
}
