import { TelltaleError } from "../../errors.js";
import { perLayerOf, stringsOf, textOf, uint32Of } from "./access.js";
import { RECURRENT } from "./shape-check.js";
import { TENSOR_TYPES_BY_NAME } from "./tensor-types.js";
import type { GgufHeader } from "./types.js";

/** llama.cpp rounds every sequence's context up to a multiple of this. */
const CONTEXT_STEP = 256;
/** The most sequences a context of llama.cpp can have. */
const MAX_SEQUENCES = 256;

export interface MemoryQuestion {
  /** Sequences that work side by side, without the spare one. */
  nSequences: number;
  /** Tokens of one sequence. */
  contextPerSequence: number;
  /** The KV cache's element type, e.g. "f16" (the default) or "q8_0"; of no account for a model without one. */
  kvType?: string;
}

export interface MemoryEstimate {
  weights: number;
  kvCache: number;
  total: number;
}

/**
 * Bytes for weights and KV cache; scratch memory for computing comes on top (tens to hundreds of MB).
 * An upper bound for models with sliding windows, and for hybrid ones, all of whose layers are taken to keep a state too.
 */
export function estimateMemory(header: GgufHeader, question: MemoryQuestion): MemoryEstimate {
  let weights = 0;
  for (const tensor of header.tensors.values()) weights += tensor.bytes;
  const kvCache = keyValueBytes(header, question) + stateBytes(header, question);
  return { weights, kvCache, total: weights + kvCache };
}

/** What a context needs for computing, beside weights and KV cache. */
export interface ScratchEstimate {
  /** Bytes where the layers lie: activations, and the logits of a batch. */
  compute: number;
  /** Bytes of main memory: the same logits, as they are handed out. */
  outputs: number;
}

/** Intermediate results of an embedding's width that are alive at once, and what does not depend on the batch: rounded up. */
const ACTIVATIONS = 16;
const FIXED_SCRATCH = 64 * 1024 * 1024;

/** Scratch memory of a context whose batch has `batch` tokens, each of them asking for its logits. */
export function estimateScratch(header: GgufHeader, batch: number): ScratchEstimate {
  const architecture = textOf(header, "general.architecture") ?? "";
  const embedding = uint32Of(header, `${architecture}.embedding_length`) ?? 0;
  const vocabulary = stringsOf(header, "tokenizer.ggml.tokens")?.length ?? 0;
  const outputs = batch * vocabulary * Float32Array.BYTES_PER_ELEMENT;
  const activations = batch * embedding * ACTIVATIONS * Float32Array.BYTES_PER_ELEMENT;
  return { compute: outputs + activations + FIXED_SCRATCH, outputs };
}

/** Recurrent state, float32, as llama.cpp's n_embd_r and n_embd_s count it (src/llama-hparams.cpp). */
function stateBytes(header: GgufHeader, question: MemoryQuestion): number {
  const architecture = textOf(header, "general.architecture") ?? "";
  const number = (name: string): number => uint32Of(header, `${architecture}.${name}`) ?? 0;
  const [inner, state] = [number("ssm.inner_size"), number("ssm.state_size")];
  const convolution = Math.max(0, number("ssm.conv_kernel") - 1) * (inner + 2 * number("ssm.group_count") * state);
  const embedding = number("embedding_length");
  const headSize = number("wkv.head_size");
  const shift = headSize === 0 ? 0 : (number("token_shift_count") || 2) * embedding;
  const slots = Math.min(MAX_SEQUENCES, question.nSequences + 1);
  const values = convolution + inner * state + shift + embedding * headSize;
  return slots * number("block_count") * values * Float32Array.BYTES_PER_ELEMENT;
}

function keyValueBytes(header: GgufHeader, question: MemoryQuestion): number {
  const architecture = textOf(header, "general.architecture") ?? "";
  if (RECURRENT.has(architecture)) return 0;
  // Beside the sequences asked for, the engine keeps a spare one wherever llama.cpp lets it have one more.
  const slots = Math.min(MAX_SEQUENCES, question.nSequences + 1);
  const cells = slots * Math.ceil(question.contextPerSequence / CONTEXT_STEP) * CONTEXT_STEP;
  return Math.ceil(cells * elementsPerToken(header, architecture) * bytesPerElement(question.kvType ?? "f16"));
}

function elementsPerToken(header: GgufHeader, architecture: string): number {
  const attention = `${architecture}.attention`;
  const layers = uint32Of(header, `${architecture}.block_count`) ?? 0;
  const heads = perLayerOf(header, `${attention}.head_count`, layers) ?? [];
  const keyValueHeads = perLayerOf(header, `${attention}.head_count_kv`, layers) ?? heads;
  const headSize = Math.floor((uint32Of(header, `${architecture}.embedding_length`) ?? 0) / Math.max(1, heads[0] ?? 0));
  const keySize = uint32Of(header, `${attention}.key_length`) ?? headSize;
  const valueSize = uint32Of(header, `${attention}.value_length`) ?? headSize;
  return keyValueHeads.reduce((sum, count) => sum + count, 0) * (keySize + valueSize);
}

function bytesPerElement(kvType: string): number {
  const type = TENSOR_TYPES_BY_NAME.get(kvType.toUpperCase());
  if (type === undefined) {
    throw new TelltaleError("BAD_ARGUMENT", `There is no KV cache type ${kvType}. Take f16, bf16, f32, q8_0 or q4_0.`);
  }
  return type.blockBytes / type.blockElements;
}
