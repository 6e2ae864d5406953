import type { ContextFacts } from "../engine.js";
import type { ResolvedContextOptions } from "../options.js";
import type { NativeContextFacts } from "./addon.js";

/**
 * What a context really uses. llama.cpp has functions for most of it; the device of the weights, the type of the KV cache
 * and flash attention it says in its log only, so these are read there.
 */
export function contextFacts(
  native: NativeContextFacts,
  modelLog: readonly string[],
  contextLog: readonly string[],
  adapters: ResolvedContextOptions["adapters"],
): ContextFacts {
  const buffers = matches(modelLog, /^\s*load_tensors:\s+(\S+) model buffer size/);
  const gpuLayers = Number(matches(modelLog, /offloaded (\d+)\/\d+ layers to GPU/)[0] ?? 0);
  // "CUDA_Host" is main memory; "MTL0_Mapped" is the file as the device MTL0 sees it.
  const onGpu = buffers.filter((name) => !/^CPU|_Host$/.test(name)).map((name) => name.replace(/_Mapped$/, ""));
  const caches = contextLog.filter((line) => line.includes("llama_kv_cache: size"));
  return {
    ...native,
    device: gpuLayers > 0 && onGpu.length > 0 ? [...new Set(onGpu)].join(" + ") : "CPU",
    gpuLayers,
    kvTypeK: matches(caches, /K \((\w+)\)/)[0] ?? "none",
    kvTypeV: matches(caches, /V \((\w+)\)/)[0] ?? "none",
    flashAttention: flashAttentionOf(contextLog),
    adapters: adapters.map(({ path, scale }) => ({ path, scale })),
  };
}

// "flash_attn = auto" is what was asked for; what became of it follows in a line of its own.
function flashAttentionOf(log: readonly string[]): boolean {
  const resolved = matches(log, /Flash Attention[^\n]*?(enabled|disabled|not supported)/i).at(-1);
  const asked = matches(log, /flash_attn\s*=\s*(\w+)/).at(-1);
  return resolved !== undefined ? resolved.toLowerCase() === "enabled" : asked !== "disabled";
}

function matches(lines: readonly string[], pattern: RegExp): string[] {
  return lines.flatMap((line) => pattern.exec(line)?.[1] ?? []);
}
