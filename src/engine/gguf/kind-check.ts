import { quoted } from "../../safe-text.js";
import { boolOf, textOf, uint32Of } from "./access.js";
import { AGAIN, badFile } from "./problem.js";
import type { GgufHeader } from "./types.js";

const WANTED = "Give a causal language model in GGUF format.";

/** Architectures llama.cpp runs or knows that do not write one token after the other, by what they are instead. */
const OTHER_KINDS: readonly (readonly [string, readonly string[]])[] = [
  ["is an image or sound projector (mmproj)", ["clip", "mmproj"]],
  [
    "is an embedding model",
    [
      ["bert", "modern-bert", "nomic-bert", "nomic-bert-moe", "neo-bert", "jina-bert-v2", "jina-bert-v3"],
      ["eurobert", "gemma-embedding", "llama-embed", "t5encoder"],
    ].flat(),
  ],
  ["is an encoder-decoder model", ["t5"]],
  ["is a diffusion model", ["dream", "llada", "llada-moe", "rnd1"]],
  ["is a speech model", ["wavtokenizer-dec", "qwen3tts", "pockettts"]],
  ["is a draft model for another model", ["eagle3", "dflash", "gemma4-assistant"]],
  ["is a control vector", ["controlvector"]],
];

const POOLING_NONE = 0;
/** -1, which llama.cpp reads as not given. */
const POOLING_UNSPECIFIED = 0xffffffff;

/** The architecture's name; throws unless the header is that of a causal language model, or of its vocabulary. */
export function checkKind(header: GgufHeader): string {
  const type = textOf(header, "general.type");
  if (type === "adapter" || header.metadata.has("adapter.type")) {
    throw badFile("model", header.path, "is a LoRA adapter", "Give it as --lora, and its base model as the model.");
  }
  if (type === "imatrix" || header.metadata.has("imatrix.datasets")) {
    throw badFile("model", header.path, "is an importance matrix (imatrix) for quantising", WANTED);
  }
  if (type === "mmproj") throw badFile("model", header.path, "is an image or sound projector (mmproj)", WANTED);
  const architecture = textOf(header, "general.architecture");
  if (architecture === undefined || architecture === "") {
    throw badFile("model", header.path, "names no architecture (general.architecture)", AGAIN);
  }
  const other = OTHER_KINDS.find(([, architectures]) => architectures.includes(architecture));
  if (other !== undefined) {
    throw badFile("model", header.path, `${other[0]} (architecture ${quoted(architecture)})`, WANTED);
  }
  const pooling = uint32Of(header, `${architecture}.pooling_type`) ?? POOLING_NONE;
  if (pooling !== POOLING_NONE && pooling !== POOLING_UNSPECIFIED) {
    throw badFile("model", header.path, "is an embedding or ranking model (it sets pooling_type)", WANTED);
  }
  if (boolOf(header, `${architecture}.attention.causal`) === false) {
    throw badFile("model", header.path, "does not write from left to right (attention.causal is false)", WANTED);
  }
  return architecture;
}
