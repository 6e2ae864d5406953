import { datasetInfo, listFiles } from "@huggingface/hub";
import { z } from "zod";
import { TelltaleError } from "../../errors.js";
import { quoted } from "../../safe-text.js";
import type { HubSpec } from "../spec.js";
import { datasetFolder, readCached, writeCached } from "./cache.js";
import type { FileHash } from "./hash.js";
import { hubFetch } from "./http.js";
import { selectDataFiles } from "./select.js";
import type { Hub } from "./settings.js";

const COMMIT = /^[0-9a-f]{40}$/;
/** A listing longer than this is taken for one that never ends. */
const MAX_FILES = 200_000;

const refSchema = z.object({ endpoint: z.string(), commit: z.string().regex(COMMIT) });
const hashSchema = z.union([
  z.object({ algorithm: z.literal("sha256"), value: z.string().regex(/^[0-9a-f]{64}$/) }),
  z.object({ algorithm: z.literal("gitSha1"), value: z.string().regex(COMMIT) }),
]);
const fileSchema = z.object({ path: z.string(), size: z.int().nonnegative(), hash: hashSchema });
const manifestSchema = z.object({ endpoint: z.string(), files: z.array(fileSchema).min(1) });

/** One data file of a dataset: its path there, bytes, and the hash it must have. */
export interface HubFile {
  path: string;
  size: number;
  hash: FileHash;
}

/** A dataset at one commit: the files that are its documents, in the order in which they are read. */
export interface HubSnapshot {
  commit: string;
  files: HubFile[];
}

/**
 * The commit and data files of a dataset, from the cache where it knows them, else from the hub.
 *
 * A branch or tag stays at the commit it had when first asked for, so that audits agree; name a commit to move on.
 * What one endpoint said is not believed of another.
 */
export async function resolveSnapshot(spec: HubSpec, hub: Hub): Promise<HubSnapshot> {
  const folder = datasetFolder(hub.cacheFolder, spec.owner, spec.dataset);
  const pinned = COMMIT.test(spec.revision) ? spec.revision : undefined;
  const ref = pinned === undefined ? await readCached(folder.ref(spec.revision), refSchema) : undefined;
  const known = pinned ?? (ref?.endpoint === hub.endpoint ? ref.commit : undefined);
  if (known !== undefined) {
    const manifest = await readCached(folder.manifest(known), manifestSchema);
    if (manifest?.endpoint === hub.endpoint) return { commit: known, files: manifest.files };
  }
  const snapshot = await askHub(spec, hub);
  if (pinned !== undefined && snapshot.commit !== pinned) {
    throw new TelltaleError(
      "DOWNLOAD_FAILED",
      `The hub answered for another commit than ${pinned}. Check HF_ENDPOINT.`,
    );
  }
  for (const file of snapshot.files) folder.file(snapshot.commit, file.path);
  await writeCached(folder.manifest(snapshot.commit), { endpoint: hub.endpoint, files: snapshot.files });
  if (pinned === undefined) {
    await writeCached(folder.ref(spec.revision), { endpoint: hub.endpoint, commit: snapshot.commit });
  }
  return snapshot;
}

async function askHub(spec: HubSpec, hub: Hub): Promise<HubSnapshot> {
  const name = `${spec.owner}/${spec.dataset}`;
  const common = { hubUrl: hub.endpoint, fetch: hubFetch(hub) };
  try {
    const info = await datasetInfo({ ...common, name, revision: spec.revision, additionalFields: ["sha"] });
    const commit = String(info.sha);
    if (!COMMIT.test(commit)) throw new Error("no commit hash");
    const entries: { path: string; size: number; oid?: string; lfs?: { oid: string; size: number } }[] = [];
    const listing = listFiles({ ...common, repo: { type: "dataset", name }, revision: commit, recursive: true });
    for await (const entry of listing) {
      if (entry.type === "file") entries.push(entry);
      if (entries.length > MAX_FILES) throw new Error("endless listing");
    }
    const files = selectDataFiles(name, entries).map((entry) => {
      return fileSchema.parse({
        path: entry.path,
        size: entry.lfs?.size ?? entry.size,
        hash:
          entry.lfs === undefined
            ? { algorithm: "gitSha1", value: entry.oid }
            : { algorithm: "sha256", value: entry.lfs.oid },
      });
    });
    return { commit, files };
  } catch (error) {
    if (error instanceof TelltaleError) throw error;
    throw new TelltaleError(
      "DOWNLOAD_FAILED",
      `The server at ${quoted(new URL(hub.endpoint).host)} did not describe the dataset ${quoted(name)} as the hub ` +
        "does. Check HF_ENDPOINT.",
      { cause: error },
    );
  }
}
