import type { ResolvedBenchOptions } from "./options.js";
import type { Bench } from "./schema.js";

/** The suggested settings as flags, with every other engine option that they were measured with. */
export function suggestedFlags(
  { sequences, batch, threads }: Pick<Bench["suggestion"], "sequences" | "batch" | "threads">,
  { loading, context, inProcess }: Pick<ResolvedBenchOptions, "loading" | "context" | "inProcess">,
): string {
  const { gpu, gpuLayers, devices, tensorSplit, mmap, checkTensors } = loading;
  const onGpu = [
    `--gpu ${gpu}`,
    ...(gpuLayers < 0 ? [] : [`--gpu-layers ${gpuLayers}`]),
    ...(devices === undefined ? [] : [`--device ${devices.join(",")}`]),
    ...(tensorSplit === undefined ? [] : [`--tensor-split ${tensorSplit.join(",")}`]),
  ];
  const flags = [
    ...(gpu === "off" ? [] : onGpu),
    `--sequences ${sequences}`,
    `--batch ${batch}`,
    `--threads ${threads}`,
    ...(context.kvType === "f16" ? [] : [`--kv-type ${context.kvType}`]),
    ...(context.flashAttention === "auto" ? [] : [`--flash-attention ${context.flashAttention}`]),
    ...(mmap ? [] : ["--no-mmap"]),
    ...(checkTensors ? ["--check-tensors"] : []),
    ...(inProcess ? ["--in-process"] : []),
  ];
  return flags.join(" ");
}
