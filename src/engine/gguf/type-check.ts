import { quoted } from "../../safe-text.js";
import { badFile } from "./problem.js";
import type { TensorTypeName } from "./tensor-types.js";
import type { GgufHeader, GgufTensor } from "./types.js";

/** Types that llama.cpp cannot multiply with: it calls a function that is not there. */
export const NOT_WEIGHTS: ReadonlySet<TensorTypeName> = new Set(["I8", "I16", "I32", "I64", "F64", "Q8_1", "Q8_K"]);
/** A table that is looked up, not multiplied with: which experts a token goes to. */
const LOOKED_UP = /\.ffn_gate_tid2eid\.weight$/;
/** Convolutions, and states of recurrent layers. */
const ALWAYS_F32 = /\.(ssm_conv1d(_[qkv])?|shortconv\.conv|time_mix_(first|lerp_fused))\.weight$/;
const CONVERT_AGAIN = "Convert the model again with llama.cpp's convert_hf_to_gguf.py.";

/** Throws where a tensor is stored in a type that llama.cpp has no arithmetic for: it ends the process over each of them. */
export function checkTensorTypes(header: GgufHeader): void {
  for (const tensor of header.tensors.values()) {
    const { name, type } = tensor;
    if (LOOKED_UP.test(name)) continue;
    if (type !== "F32" && isElementwise(tensor)) {
      const what = `stores ${quoted(name)} as ${type}; llama.cpp stops the whole process unless it is F32`;
      throw badFile("model", header.path, what, CONVERT_AGAIN);
    }
    if (NOT_WEIGHTS.has(type)) {
      throw badFile(
        "model",
        header.path,
        `stores ${quoted(name)} as ${type}, which cannot be multiplied with`,
        CONVERT_AGAIN,
      );
    }
  }
}

/**
 * Vectors, norms, biases and states meet activations element by element, where llama.cpp's CPU code takes F32 only. Its converter
 * writes them so, and its quantiser leaves alone what has one dimension or is not called a weight.
 */
function isElementwise({ name, shape }: GgufTensor): boolean {
  return shape.length === 1 || /norm\.weight$/.test(name) || !name.endsWith(".weight") || ALWAYS_F32.test(name);
}
