import { z } from "zod";
import { readCached, writeCached } from "../../hub/cached-json.js";
import { askCommit, askFiles, type HubFile, hubFile, hubFileSchema } from "../../hub/listing.js";
import { fullName, isCommit, type Repository } from "../../hub/repository.js";
import type { Hub } from "../../hub/settings.js";
import type { HubSpec } from "../spec.js";
import { datasetFolder } from "./cache.js";
import { selectDataFiles } from "./select.js";

const refSchema = z.object({ endpoint: z.string(), commit: z.string().refine(isCommit) });
const manifestSchema = z.object({ endpoint: z.string(), files: z.array(hubFileSchema).min(1) });

/** A dataset at one commit: the files that are its documents, in the order in which they are read. */
export interface HubSnapshot {
  commit: string;
  files: HubFile[];
}

/** The repository of a dataset. */
export function repositoryOf({ owner, dataset }: HubSpec): Repository {
  return { kind: "dataset", owner, name: dataset };
}

/**
 * The commit and data files of a dataset, from the cache where it knows them, else from the hub.
 *
 * A branch or tag stays at the commit it had when first asked for, so that audits agree; name a commit to move on.
 * What one endpoint said is not believed of another.
 */
export async function resolveSnapshot(spec: HubSpec, hub: Hub): Promise<HubSnapshot> {
  const folder = datasetFolder(hub.cacheFolder, spec.owner, spec.dataset);
  const pinned = isCommit(spec.revision) ? spec.revision : undefined;
  const ref = pinned === undefined ? await readCached(folder.ref(spec.revision), refSchema) : undefined;
  const known = pinned ?? (ref?.endpoint === hub.endpoint ? ref.commit : undefined);
  if (known !== undefined) {
    const manifest = await readCached(folder.manifest(known), manifestSchema);
    if (manifest?.endpoint === hub.endpoint) return { commit: known, files: manifest.files };
  }
  const repository = repositoryOf(spec);
  const commit = await askCommit(repository, spec.revision, hub);
  const listed = await askFiles(repository, commit, hub);
  const files = selectDataFiles(fullName(repository), listed).map(hubFile);
  for (const file of files) folder.file(commit, file.path);
  await writeCached(folder.manifest(commit), { endpoint: hub.endpoint, files });
  if (pinned === undefined) await writeCached(folder.ref(spec.revision), { endpoint: hub.endpoint, commit });
  return { commit, files };
}
