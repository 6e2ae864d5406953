import { join } from "node:path";
import { pathWithin } from "../../hub/safe-path.js";

/** Absolute paths: where the cache keeps what it knows of one dataset. */
export interface DatasetFolder {
  /** datasets/OWNER--NAME/refs/REVISION.json: the commit a branch or tag stood at when it was first asked for. */
  ref(revision: string): string;
  /** datasets/OWNER--NAME/COMMIT.json: the data files, with the hashes they must have. */
  manifest(commit: string): string;
  /** datasets/OWNER--NAME/COMMIT/PATH. Fails for a path that would leave that folder. */
  file(commit: string, path: string): string;
}

/** The folder of one dataset. Owner and dataset are names that parseCorpus accepted. */
export function datasetFolder(cacheFolder: string, owner: string, dataset: string): DatasetFolder {
  const root = join(cacheFolder, "datasets", `${owner}--${dataset}`);
  return {
    ref: (revision) => join(root, "refs", `${encodeURIComponent(revision)}.json`),
    manifest: (commit) => join(root, `${commit}.json`),
    file: (commit, path) => pathWithin(join(root, commit), path),
  };
}
