import type { ModelOrigin } from "../hub/resolve-model.js";
import type { Role } from "../journal/records.js";
import { type AuditModels, type FileSource, nameOf, sha256 } from "./models.js";
import type { RemoteEngines } from "./remotes.js";

/** A model in a run's record. */
export interface ModelFile {
  /** The file, or the endpoints. */
  path: string;
  /** The name by which endpoints know it. */
  name?: string;
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
export async function hashFiles(
  models: AuditModels,
  remotes: RemoteEngines,
  signal: AbortSignal | undefined,
): Promise<ModelFiles> {
  const describe = async (role: Role): Promise<ModelFile> => {
    const source = models[role];
    if (source.kind === "file") return describeFile(source);
    const name = remotes[role]?.facts.model.name;
    return { path: nameOf(source), ...(name !== undefined && { name }), bytes: 0, parts: [], warnings: [] };
  };
  const describeFile = async ({ header, origin }: FileSource): Promise<ModelFile> => {
    return {
      path: header.path,
      bytes: header.fileSize,
      parts: await Promise.all(header.parts.map(async (path) => ({ path, sha256: await sha256(path, signal) }))),
      warnings: header.warnings,
      ...(origin && { origin }),
    };
  };
  const finetuned = await describe("finetuned");
  const reference = models.shared ? finetuned : await describe("reference");
  return { finetuned, reference, adapter: models.adapter && (await describeFile(models.adapter)) };
}
