import { mkdir, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { downloadFile } from "../../hub/download.js";
import { fileMatches } from "../../hub/hash.js";
import type { HubFile } from "../../hub/listing.js";
import type { Hub } from "../../hub/settings.js";
import { writing } from "../../hub/writing.js";
import type { HubSpec } from "../spec.js";
import { datasetFolder } from "./cache.js";
import { repositoryOf } from "./snapshot.js";

const VARIABLE = "TELLTALE_CACHE";

/**
 * Absolute path of one file of a dataset, in the cache, its size and hash checked each time.
 *
 * What is missing is downloaded to PATH.part, continued there after an interruption, and renamed once the hash fits.
 */
export async function ensureFile(spec: HubSpec, commit: string, file: HubFile, hub: Hub): Promise<string> {
  const target = datasetFolder(hub.cacheFolder, spec.owner, spec.dataset).file(commit, file.path);
  if (await fileMatches(target, file.size, file.hash)) return target;
  const part = `${target}.part`;
  await writing(target, VARIABLE, () => mkdir(dirname(target), { recursive: true }));
  await downloadFile({ hub, repository: repositoryOf(spec), commit, file, part, variable: VARIABLE });
  await writing(target, VARIABLE, () => rename(part, target));
  return target;
}
