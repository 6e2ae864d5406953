import { quoted } from "../../safe-text.js";
import { readGgufHeader } from "./header.js";
import { badFile } from "./problem.js";
import { NOT_WEIGHTS } from "./type-check.js";
import type { GgufHeader, GgufTensor } from "./types.js";

const FOR_THIS = "Give an adapter that was made from this very model.";

interface LoraPair {
  a?: GgufTensor;
  b?: GgufTensor;
}

/** The header of a LoRA adapter that fits the model; throws BAD_ADAPTER naming the first thing that does not. */
export async function checkAdapterFile(path: string, model: GgufHeader): Promise<GgufHeader> {
  const header = await readGgufHeader(path, "adapter");
  checkAdapterFacts(header, model);
  const pairs = collectPairs(header);
  if (pairs.size === 0) throw badFile("adapter", path, "changes no tensor at all");
  for (const [name, pair] of pairs) checkPair(path, name, pair, model);
  return header;
}

function checkAdapterFacts(header: GgufHeader, model: GgufHeader): void {
  const type = header.metadata.get("general.type");
  if (type?.type !== "string" || type.value !== "adapter") {
    throw badFile("adapter", header.path, "is not an adapter (general.type)", "Give a LoRA adapter in GGUF format.");
  }
  const kind = header.metadata.get("adapter.type");
  if (kind?.type !== "string" || kind.value !== "lora") {
    throw badFile("adapter", header.path, "is not a LoRA adapter (adapter.type)", "Only LoRA adapters can be applied.");
  }
  const own = header.metadata.get("general.architecture");
  const wanted = model.metadata.get("general.architecture");
  if (own?.type !== "string" || wanted?.type !== "string" || own.value !== wanted.value) {
    const [found, expected] = [own, wanted].map((value) => (value?.type === "string" ? quoted(value.value) : "none"));
    throw badFile("adapter", header.path, `is for the architecture ${found}, and the model is ${expected}`, FOR_THIS);
  }
  const alpha = header.metadata.get("adapter.lora.alpha");
  if (alpha !== undefined && (alpha.type !== "float32" || !Number.isFinite(alpha.value))) {
    throw badFile("adapter", header.path, "has no usable number at adapter.lora.alpha");
  }
  const invocation = header.metadata.get("adapter.alora.invocation_tokens");
  if (invocation !== undefined && !(invocation.type === "array" && invocation.of === "uint32")) {
    throw badFile("adapter", header.path, "has no list of tokens at adapter.alora.invocation_tokens");
  }
}

/** Adapters also carry norm vectors, which llama.cpp leaves aside. */
function collectPairs(header: GgufHeader): Map<string, LoraPair> {
  const pairs = new Map<string, LoraPair>();
  for (const tensor of header.tensors.values()) {
    const match = /^(.*)\.lora_([ab])$/.exec(tensor.name);
    if (match === null) {
      if (tensor.name.endsWith("_norm.weight")) continue;
      throw badFile("adapter", header.path, `holds ${quoted(tensor.name)}, which is no part of a LoRA adapter`);
    }
    const [, name = "", side = ""] = match;
    pairs.set(name, { ...pairs.get(name), [side]: tensor });
  }
  return pairs;
}

function checkPair(path: string, name: string, { a, b }: LoraPair, model: GgufHeader): void {
  const target = model.tensors.get(name);
  if (target === undefined) {
    throw badFile("adapter", path, `changes ${quoted(name)}, which the model does not have`, FOR_THIS);
  }
  if (a === undefined || b === undefined) {
    throw badFile(
      "adapter",
      path,
      `has only half of the pair for ${quoted(name)}: ${a ? "lora_b" : "lora_a"} is missing`,
    );
  }
  for (const tensor of [a, b]) {
    if (NOT_WEIGHTS.has(tensor.type)) {
      throw badFile(
        "adapter",
        path,
        `stores ${quoted(tensor.name)} as ${tensor.type}, which cannot be multiplied with`,
      );
    }
  }
  if (!fits(target, a, b)) {
    const shapes = `${shapeText(a)} and ${shapeText(b)} to ${shapeText(target)}`;
    throw badFile("adapter", path, `does not fit the model at ${quoted(name)}: ${shapes}`, FOR_THIS);
  }
}

/** Token embeddings are looked up, not multiplied: there the pair is stored the other way round. */
function fits(target: GgufTensor, a: GgufTensor, b: GgufTensor): boolean {
  const [outer, inner] = target.name.endsWith("token_embd.weight")
    ? [size(a, 1), size(b, 1)]
    : [size(b, 1), size(a, 0)];
  const rankOfA = target.name.endsWith("token_embd.weight") ? size(a, 0) : size(a, 1);
  const stacked = [2, 3].every(
    (index) => size(a, index) === size(target, index) && size(b, index) === size(target, index),
  );
  return size(target, 0) === inner && size(target, 1) === outer && rankOfA === size(b, 0) && stacked;
}

function size(tensor: GgufTensor, index: number): number {
  return tensor.shape[index] ?? 1;
}

function shapeText(tensor: GgufTensor): string {
  return tensor.shape.join(" x ");
}
