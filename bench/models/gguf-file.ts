import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { halfWeights, normals } from "./random-weights.js";
import { type Shape, type TensorPlan, tensorsOf } from "./shapes.js";
import { CHAT_TEMPLATE, CONTROL_TOKENS, makeVocabulary } from "./vocabulary.js";

type Value = { text: string } | { uint32: number } | { float32: number } | { bool: boolean } | List;
type List = { texts: readonly string[] } | { int32s: readonly number[] };

const ALIGNMENT = 32;
const CHUNK_WEIGHTS = 1 << 20;
const [F32, F16] = [0, 1];

/** Writes an F16 model of this shape, a chunk of weights at a time. */
export async function writeModel(path: string, shape: Shape, seed: number): Promise<void> {
  await pipeline(Readable.from(fileChunks(shape, seed)), createWriteStream(path));
}

function* fileChunks(shape: Shape, seed: number): Generator<Buffer> {
  const tensors = tensorsOf(shape, CONTROL_TOKENS.length);
  yield header(metadataOf(shape), tensors);
  const fill = halfWeights(seed);
  for (const [index, tensor] of tensors.entries()) {
    if (tensor.fill === "normal") {
      yield* halfChunks(tensor, fill);
    } else {
      const count = tensor.shape.reduce((product, size) => product * size, 1);
      const values = tensor.fill === "ones" ? new Float32Array(count).fill(1) : normals(count, seed + index);
      yield Buffer.from(values.buffer);
    }
    yield padding(bytesOf(tensor));
  }
}

function* halfChunks(tensor: TensorPlan, fill: (into: Uint16Array) => void): Generator<Buffer> {
  const [row = 0, rows = 0] = tensor.shape;
  const zeros = (tensor.zeroRows ?? 0) * row;
  for (let left = row * rows - zeros; left > 0; left -= CHUNK_WEIGHTS) {
    const chunk = new Uint16Array(Math.min(left, CHUNK_WEIGHTS));
    fill(chunk);
    yield Buffer.from(chunk.buffer);
  }
  yield Buffer.alloc(2 * zeros);
}

function metadataOf(shape: Shape): [string, Value][] {
  const vocabulary = makeVocabulary(shape.vocabulary);
  const [end, , turnEnd] = CONTROL_TOKENS.map((token) => vocabulary.tokens.indexOf(token)) as [number, number, number];
  const own = (key: string, value: Value): [string, Value] => [`${shape.architecture}.${key}`, value];
  return [
    ["general.architecture", { text: shape.architecture }],
    ["general.name", { text: `${shape.name}, random weights` }],
    ["general.file_type", { uint32: 1 }],
    own("block_count", { uint32: shape.layers }),
    own("context_length", { uint32: shape.context }),
    own("embedding_length", { uint32: shape.embedding }),
    own("feed_forward_length", { uint32: shape.feedForward }),
    own("attention.head_count", { uint32: shape.heads }),
    own("attention.head_count_kv", { uint32: shape.keyValueHeads }),
    own("rope.freq_base", { float32: shape.ropeBase }),
    own("attention.layer_norm_rms_epsilon", { float32: shape.normEpsilon }),
    ["tokenizer.ggml.model", { text: "gpt2" }],
    ["tokenizer.ggml.pre", { text: shape.preTokenizer }],
    ["tokenizer.ggml.tokens", { texts: vocabulary.tokens }],
    ["tokenizer.ggml.token_type", { int32s: vocabulary.types }],
    ["tokenizer.ggml.merges", { texts: vocabulary.merges }],
    ["tokenizer.ggml.bos_token_id", { uint32: end }],
    ["tokenizer.ggml.eos_token_id", { uint32: end }],
    ["tokenizer.ggml.eot_token_id", { uint32: turnEnd }],
    ["tokenizer.ggml.add_bos_token", { bool: false }],
    ["tokenizer.chat_template", { text: CHAT_TEMPLATE }],
  ];
}

function header(metadata: readonly [string, Value][], tensors: readonly TensorPlan[]): Buffer {
  const parts = [Buffer.from("GGUF"), number32(3), number64(tensors.length), number64(metadata.length)];
  for (const [key, value] of metadata) parts.push(text(key), valueBytes(value));
  let offset = 0;
  for (const tensor of tensors) {
    parts.push(text(tensor.name), number32(tensor.shape.length), ...tensor.shape.map(number64));
    parts.push(number32(tensor.fill === "normal" ? F16 : F32), number64(offset));
    offset += bytesOf(tensor) + padding(bytesOf(tensor)).length;
  }
  const bytes = Buffer.concat(parts);
  return Buffer.concat([bytes, padding(bytes.length)]);
}

function valueBytes(value: Value): Buffer {
  if ("text" in value) return Buffer.concat([number32(8), text(value.text)]);
  if ("uint32" in value) return Buffer.concat([number32(4), number32(value.uint32)]);
  if ("bool" in value) return Buffer.concat([number32(7), Buffer.from([value.bool ? 1 : 0])]);
  if ("float32" in value) return Buffer.concat([number32(6), Buffer.from(Float32Array.of(value.float32).buffer)]);
  if ("texts" in value) {
    return Buffer.concat([number32(9), number32(8), number64(value.texts.length), ...value.texts.map(text)]);
  }
  const items = Buffer.from(Int32Array.from(value.int32s).buffer);
  return Buffer.concat([number32(9), number32(5), number64(value.int32s.length), items]);
}

function bytesOf(tensor: TensorPlan): number {
  return tensor.shape.reduce((product, size) => product * size, tensor.fill === "normal" ? 2 : 4);
}

function padding(bytes: number): Buffer {
  return Buffer.alloc((ALIGNMENT - (bytes % ALIGNMENT)) % ALIGNMENT);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, "utf8");
  return Buffer.concat([number64(bytes.length), bytes]);
}

function number32(value: number): Buffer {
  return Buffer.from(Uint32Array.of(value).buffer);
}

function number64(value: number): Buffer {
  return Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
}
