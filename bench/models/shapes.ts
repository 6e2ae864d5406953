/** The shapes of the models the bench runs: real ones, with random weights, because speed does not depend on them. */

export interface Shape {
  name: string;
  architecture: "qwen2" | "llama";
  layers: number;
  embedding: number;
  heads: number;
  keyValueHeads: number;
  feedForward: number;
  vocabulary: number;
  ropeBase: number;
  normEpsilon: number;
  context: number;
  /** How text is split before it is tokenised, by llama.cpp's name. */
  preTokenizer: string;
}

export const SHAPES: readonly Shape[] = [
  {
    name: "qwen2.5-0.5b",
    architecture: "qwen2",
    layers: 24,
    embedding: 896,
    heads: 14,
    keyValueHeads: 2,
    feedForward: 4864,
    vocabulary: 151_936,
    ropeBase: 1e6,
    normEpsilon: 1e-6,
    context: 32_768,
    preTokenizer: "qwen2",
  },
  {
    name: "llama-3.2-1b",
    architecture: "llama",
    layers: 16,
    embedding: 2048,
    heads: 32,
    keyValueHeads: 8,
    feedForward: 8192,
    vocabulary: 128_256,
    ropeBase: 5e5,
    normEpsilon: 1e-5,
    context: 131_072,
    preTokenizer: "llama-bpe",
  },
  {
    name: "tiny",
    architecture: "qwen2",
    layers: 4,
    embedding: 128,
    heads: 4,
    keyValueHeads: 2,
    feedForward: 384,
    vocabulary: 4096,
    ropeBase: 1e4,
    normEpsilon: 1e-6,
    context: 2048,
    preTokenizer: "qwen2",
  },
];

export interface TensorPlan {
  name: string;
  /** Sizes, the innermost first. */
  shape: number[];
  /** "ones" are norm weights and "bias" biases, both F32 as llama.cpp wants them; "normal" is F16, std 0.02. */
  fill: "normal" | "ones" | "bias";
  /** The last so many rows are zeros: tokens no model will choose. */
  zeroRows?: number;
}

/** Every tensor of the shape, in file order; the output head is tied to the embeddings, as in the real models. */
export function tensorsOf(shape: Shape, controlTokens: number): TensorPlan[] {
  const { embedding, feedForward } = shape;
  const keyValue = (embedding / shape.heads) * shape.keyValueHeads;
  const biased = shape.architecture === "qwen2";
  const tensors: TensorPlan[] = [
    { name: "token_embd.weight", shape: [embedding, shape.vocabulary], fill: "normal", zeroRows: controlTokens },
  ];
  for (let layer = 0; layer < shape.layers; layer += 1) {
    const add = (name: string, sizes: number[], fill: TensorPlan["fill"]): void => {
      tensors.push({ name: `blk.${layer}.${name}`, shape: sizes, fill });
    };
    add("attn_norm.weight", [embedding], "ones");
    for (const [name, width] of [["attn_q", embedding] as const, ["attn_k", keyValue], ["attn_v", keyValue]] as const) {
      add(`${name}.weight`, [embedding, width], "normal");
      if (biased) add(`${name}.bias`, [width], "bias");
    }
    add("attn_output.weight", [embedding, embedding], "normal");
    add("ffn_norm.weight", [embedding], "ones");
    add("ffn_gate.weight", [embedding, feedForward], "normal");
    add("ffn_up.weight", [embedding, feedForward], "normal");
    add("ffn_down.weight", [feedForward, embedding], "normal");
  }
  return [...tensors, { name: "output_norm.weight", shape: [embedding], fill: "ones" }];
}
