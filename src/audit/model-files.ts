import type { ModelOrigin } from "../hub/resolve-model.js";
import type { Role } from "../journal/records.js";
import { type AuditModels, type ModelSource, nameOf, sha256 } from "./models.js";

/** A model in a run's record. */
export interface ModelFile {
  /** The file, or the endpoints. */
  path: string;
  /** Of all parts together; 0 behind endpoints. */
  bytes: number;
  /** One, or several for a model that was split; none behind endpoints. */
  parts: readonly { path: string; sha256: string }[];
  warnings: readonly string[];
  /** Where it was downloaded from. */
  origin?: ModelOrigin;
}

export type ModelFiles = Record<Role, ModelFile> & { adapter: ModelFile | null };

/** What was audited, with the hashes of the files that are here. */
export async function hashFiles(models: AuditModels, signal: AbortSignal | undefined): Promise<ModelFiles> {
  const describe = async (source: ModelSource): Promise<ModelFile> => {
    if (source.kind === "remote") return { path: nameOf(source), bytes: 0, parts: [], warnings: [] };
    const { header, origin } = source;
    return {
      path: header.path,
      bytes: header.fileSize,
      parts: await Promise.all(header.parts.map(async (path) => ({ path, sha256: await sha256(path, signal) }))),
      warnings: header.warnings,
      ...(origin && { origin }),
    };
  };
  const finetuned = await describe(models.finetuned);
  const reference = models.shared ? finetuned : await describe(models.reference);
  return { finetuned, reference, adapter: models.adapter && (await describe(models.adapter)) };
}
