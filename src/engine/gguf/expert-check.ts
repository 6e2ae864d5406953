import { perLayerOf, uint32Of } from "./access.js";
import { badFile } from "./problem.js";
import type { GgufHeader } from "./types.js";

/** llama.cpp's LLAMA_MAX_EXPERTS. */
const MAX_EXPERTS = 1024;
/** llama.cpp takes a single expert of these for none. */
const SINGLE_EXPERT_IS_NONE = new Set(["hunyuan_vl", "hunyuan-dense"]);

/** Throws where the counts of experts contradict each other: llama.cpp asserts on each, and stops the process. */
export function checkExperts(header: GgufHeader, architecture: string, layers: number): void {
  const experts = uint32Of(header, `${architecture}.expert_count`) ?? 0;
  if (experts <= 1 && SINGLE_EXPERT_IS_NONE.has(architecture)) return;
  const used = Math.max(0, ...(perLayerOf(header, `${architecture}.expert_used_count`, layers) ?? []));
  const groups = uint32Of(header, `${architecture}.expert_group_count`) ?? 0;
  const groupsUsed = uint32Of(header, `${architecture}.expert_group_used_count`) ?? 0;
  const contradiction = expertContradiction(experts, used, groups, groupsUsed);
  if (contradiction !== undefined) throw badFile("model", header.path, contradiction);
}

function expertContradiction(experts: number, used: number, groups: number, groupsUsed: number): string | undefined {
  if (experts > MAX_EXPERTS) return `has ${experts} experts; ${MAX_EXPERTS} at most can be run`;
  if (used > experts) return `uses ${used} of ${experts} experts`;
  if (experts === 0) return groups > 0 ? `has ${groups} groups of no experts` : undefined;
  if (used === 0) return `has ${experts} experts and uses none`;
  if (groups >= experts || (groups > 1 && experts % groups !== 0)) {
    return `divides ${experts} experts into ${groups} groups`;
  }
  if (groups > 1 && (groupsUsed === 0 || groupsUsed >= groups)) {
    return `uses ${groupsUsed} of ${groups} groups of experts`;
  }
  return undefined;
}
