import { readGgufHeader } from "./header.js";
import { checkKind } from "./kind-check.js";
import { joinParts } from "./parts.js";
import { badFile } from "./problem.js";
import { checkShape } from "./shape-check.js";
import type { GgufHeader } from "./types.js";
import { checkEmbeddingRows, checkVocabulary } from "./vocabulary-check.js";

/**
 * The header of a causal language model that llama.cpp can be given, with all parts' tensors where it lies in several files.
 * Throws FILE_UNREADABLE or BAD_MODEL with what is wrong and what to do; what is odd but harmless is in `warnings`.
 */
export async function checkModelFile(path: string): Promise<GgufHeader> {
  const first = await readGgufHeader(path);
  // Parts other than the first have no architecture to check: say that they are parts before anything else.
  const header = await joinParts(first);
  const architecture = checkKind(header);
  if (header.tensors.size === 0) {
    throw badFile("model", path, "holds a vocabulary and no weights", "Give the file with the weights.");
  }
  checkShape(header, architecture);
  const warnings = checkVocabulary(header);
  checkEmbeddingRows(header);
  return { ...header, warnings };
}

/**
 * The header of a file whose vocabulary alone llama.cpp can be given: of a causal language model, or of one's vocabulary
 * without any weights, as llama.cpp's own `ggml-vocab-*.gguf` are. Throws like `checkModelFile`.
 */
export async function checkVocabularyFile(path: string): Promise<GgufHeader> {
  const header = await joinParts(await readGgufHeader(path));
  checkKind(header);
  return { ...header, warnings: checkVocabulary(header) };
}
