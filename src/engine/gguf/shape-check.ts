import { quoted } from "../../safe-text.js";
import { float32Of, perLayerOf, required, uint32Of } from "./access.js";
import { checkExperts } from "./expert-check.js";
import { badFile } from "./problem.js";
import { checkRope } from "./rope-check.js";
import { checkTensorTypes } from "./type-check.js";
import type { GgufHeader } from "./types.js";

/** llama.cpp's LLAMA_MAX_LAYERS; it stops the process above. */
const MAX_LAYERS = 512;
/** No attention heads in any layer: their state is of another kind. */
export const RECURRENT = new Set(["mamba", "mamba2", "rwkv6", "rwkv6qwen2", "rwkv7", "arwkv7"]);
const EPSILONS = ["attention.layer_norm_rms_epsilon", "attention.layer_norm_epsilon"];

/** Throws where the model's sizes contradict each other in a way that stops llama.cpp, or its process. */
export function checkShape(header: GgufHeader, architecture: string): void {
  const layers = checkCount(header, `${architecture}.block_count`, MAX_LAYERS);
  const embedding = checkCount(header, `${architecture}.embedding_length`, 1 << 24);
  checkCount(header, `${architecture}.context_length`, 0xffffffff);
  const predicted = uint32Of(header, `${architecture}.nextn_predict_layers`) ?? 0;
  if (predicted > layers) throw badFile("model", header.path, `has ${predicted} prediction layers among ${layers}`);
  checkHeads(header, architecture, layers, embedding);
  checkExperts(header, architecture, layers);
  checkNumbers(header, architecture);
  checkRope(header, architecture);
  checkTensorTypes(header);
}

function checkCount(header: GgufHeader, key: string, most: number): number {
  const count = required(header, key, uint32Of(header, key));
  if (count < 1 || count > most) {
    throw badFile("model", header.path, `has ${count} at ${quoted(key)}; 1 to ${most} can be run`);
  }
  return count;
}

function checkHeads(header: GgufHeader, architecture: string, layers: number, embedding: number): void {
  if (RECURRENT.has(architecture)) return;
  const heads = required(
    header,
    `${architecture}.attention.head_count`,
    perLayerOf(header, `${architecture}.attention.head_count`, layers),
  );
  const keyValueHeads = perLayerOf(header, `${architecture}.attention.head_count_kv`, layers) ?? heads;
  if (!heads.some((count) => count > 0)) throw badFile("model", header.path, "has no attention head in any layer");
  for (let layer = 0; layer < layers; layer += 1) {
    const [all, shared] = [heads[layer] ?? 0, keyValueHeads[layer] ?? 0];
    if (shared > all || (shared > 0 && all % shared !== 0)) {
      throw badFile("model", header.path, `shares ${shared} key-value heads among ${all} heads in layer ${layer}`);
    }
  }
  // The head size is then embedding / heads of the first layer.
  const first = heads[0] ?? 0;
  if (first > 0 && uint32Of(header, `${architecture}.attention.key_length`) === undefined && embedding % first !== 0) {
    throw badFile("model", header.path, `splits an embedding of ${embedding} among ${first} heads`);
  }
}

function checkNumbers(header: GgufHeader, architecture: string): void {
  for (const name of EPSILONS) {
    const value = float32Of(header, `${architecture}.${name}`);
    if (value !== undefined && !(value > 0 && Number.isFinite(value))) {
      throw badFile("model", header.path, `has ${value} at ${quoted(`${architecture}.${name}`)}`);
    }
  }
  for (const [key, value] of header.metadata) {
    if (value.type === "float32" && key.startsWith(`${architecture}.`) && Number.isNaN(value.value)) {
      throw badFile("model", header.path, `has no number (NaN) at ${quoted(key)}`);
    }
  }
}
