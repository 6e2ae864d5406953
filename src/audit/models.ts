import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { realpath } from "node:fs/promises";
import { textOf, uint32Of } from "../engine/gguf/access.js";
import { checkAdapterFile } from "../engine/gguf/adapter-check.js";
import { checkModelFile } from "../engine/gguf/check.js";
import type { GgufHeader } from "../engine/gguf/types.js";
import { TelltaleError } from "../errors.js";
import { readFailed } from "../io-errors.js";

/** The files of an audit, checked before anything is loaded. */
export interface AuditModels {
  finetuned: GgufHeader;
  reference: GgufHeader;
  adapter: GgufHeader | null;
  /** Both models are the same file: one set of weights serves both. */
  shared: boolean;
}

/** Checks the files, and that an adapter belongs to its model. */
export async function checkModels(
  finetunedPath: string,
  referencePath: string,
  adapterPath: string | undefined,
): Promise<AuditModels> {
  const finetuned = await checkModelFile(finetunedPath);
  const shared = (await real(finetunedPath)) === (await real(referencePath));
  const reference = shared ? finetuned : await checkModelFile(referencePath);
  const adapter = adapterPath === undefined ? null : await checkAdapterFile(adapterPath, finetuned);
  return { finetuned, reference, adapter, shared };
}

/** Tokens the model was trained to see at once; undefined where the file does not say. */
export function trainedContext(header: GgufHeader): number | undefined {
  return uint32Of(header, `${textOf(header, "general.architecture")}.context_length`);
}

/** SHA-256 of a file, hex. */
export async function sha256(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, ...(signal && { signal }) }))
      hash.update(chunk);
  } catch (cause) {
    if (signal?.aborted) throw new TelltaleError("CANCELLED", "The audit was cancelled.", { cause });
    throw readFailed(path, cause);
  }
  return hash.digest("hex");
}

async function real(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}
