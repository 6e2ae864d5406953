import { quoted } from "../../safe-text.js";
import type { ByteReader } from "./byte-reader.js";
import { readName, readUint32, readUint64 } from "./metadata-reader.js";
import { TENSOR_TYPES_BY_ID, type TensorType } from "./tensor-types.js";
import type { GgufTensor } from "./types.js";

/** Real models have a few thousand; llama.cpp compares every name with all before it. */
const MAX_TENSORS = 65_536;
/** ggml keeps 64 bytes for a name, the last of them zero. */
const MAX_NAME_BYTES = 63;
const MAX_DIMENSIONS = 4;

/** The table of `count` tensors at the reader's place: names, shapes, types, places. */
export async function readTensorTable(reader: ByteReader, count: bigint): Promise<Map<string, GgufTensor>> {
  if (count > MAX_TENSORS) throw reader.problem(`claims ${count} tensors, and real models have a few thousand`);
  const tensors = new Map<string, GgufTensor>();
  for (let index = 0; index < count; index += 1) {
    const tensor = await readTensor(reader, index);
    if (tensors.has(tensor.name)) throw reader.problem(`has the tensor ${quoted(tensor.name)} twice`);
    tensors.set(tensor.name, tensor);
  }
  return tensors;
}

async function readTensor(reader: ByteReader, index: number): Promise<GgufTensor> {
  const name = await readName(reader, MAX_NAME_BYTES, `tensor ${index}`);
  const what = `the tensor ${quoted(name)}`;
  const dimensions = await readUint32(reader, what);
  if (dimensions < 1 || dimensions > MAX_DIMENSIONS) {
    throw reader.problem(`gives ${what} ${dimensions} dimensions; 1 to ${MAX_DIMENSIONS} are allowed`);
  }
  const sizes: bigint[] = [];
  for (let dimension = 0; dimension < dimensions; dimension += 1) sizes.push(await readUint64(reader, what));
  const typeId = await readUint32(reader, what);
  const type = TENSOR_TYPES_BY_ID.get(typeId);
  if (type === undefined) {
    const advice = "It may be made for a newer llama.cpp, or be of a kind that was withdrawn; convert the model again.";
    throw reader.problem(`stores ${what} in the unknown type ${typeId}`, advice);
  }
  const bytes = tensorBytes(sizes, type);
  if (typeof bytes === "string") throw reader.problem(`gives ${what} ${bytes}`);
  const offset = await readUint64(reader, what);
  if (offset > Number.MAX_SAFE_INTEGER) throw reader.problem(`places ${what} far outside the file`);
  return { name, type: type.name, shape: sizes.map(Number), bytes, offset: Number(offset) };
}

/** Bytes of a tensor of these sizes, or a clause saying why they are impossible. */
function tensorBytes(sizes: readonly bigint[], type: TensorType): number | string {
  const shape = sizes.join(" x ");
  if (sizes.some((size) => size === 0n)) return `the shape ${shape}, which holds nothing`;
  const elements = sizes.reduce((product, size) => product * size, 1n);
  const block = BigInt(type.blockElements);
  if ((sizes[0] ?? 0n) % block !== 0n) {
    return `rows of ${sizes[0]} elements, which ${type.name} cannot store: its blocks hold ${block}`;
  }
  const bytes = (elements / block) * BigInt(type.blockBytes);
  return bytes > Number.MAX_SAFE_INTEGER ? `the impossible shape ${shape}` : Number(bytes);
}

/** Throws unless the tensors lie one behind the other, aligned, within the file; llama.cpp asks for exactly that. */
export function checkTensorLayout(
  reader: ByteReader,
  tensors: Iterable<GgufTensor>,
  alignment: number,
  dataOffset: number,
): void {
  let next = 0;
  let end = 0;
  for (const tensor of tensors) {
    if (tensor.offset !== next) {
      throw reader.problem(`places the tensor ${quoted(tensor.name)} at byte ${tensor.offset} instead of ${next}`);
    }
    end = next + tensor.bytes;
    next = padded(end, alignment);
    if (next > Number.MAX_SAFE_INTEGER) throw reader.problem("claims more weights than any disk holds");
  }
  const needed = dataOffset + end;
  if (end > 0 && needed > reader.fileSize) {
    const missing = needed - reader.fileSize;
    throw reader.problem(
      `is cut off: ${missing} of its ${needed} bytes are missing`,
      "Download the file again, or copy it again to a disk with enough room.",
    );
  }
}

/** The next multiple of `alignment`; by division, because bit operations end at 32 bits. */
export function padded(bytes: number, alignment: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}
