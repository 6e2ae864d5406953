import { readGgufHeader } from "./header.js";
import { checkKind } from "./kind-check.js";
import { joinParts } from "./parts.js";
import { checkShape } from "./shape-check.js";
import type { GgufHeader } from "./types.js";
import { checkVocabulary } from "./vocabulary-check.js";

/**
 * The header of a causal language model that llama.cpp can be given, with all parts' tensors where it lies in several files.
 * Throws FILE_UNREADABLE or BAD_MODEL with what is wrong and what to do; what is odd but harmless is in `warnings`.
 */
export async function checkModelFile(path: string): Promise<GgufHeader> {
  const first = await readGgufHeader(path);
  // Parts other than the first have no architecture to check: say that they are parts before anything else.
  const header = await joinParts(first);
  const architecture = checkKind(header);
  checkShape(header, architecture);
  return { ...header, warnings: checkVocabulary(header) };
}
