import { TelltaleError } from "../errors.js";
import { quoted } from "../safe-text.js";
import { chooseModel } from "./choose-model.js";
import { httpStatus, offlineRefusal } from "./failures.js";
import { askCommit, askFiles, hubFile } from "./listing.js";
import { cachedFiles, type ModelFile, type ModelFolder, modelFolder, readRef, writeRef } from "./model-cache.js";
import { isModelName, type ModelName, parseModelName } from "./model-name.js";
import { ensureModelFile } from "./model-store.js";
import { fullName, isCommit } from "./repository.js";
import { type Hub, type HubOptions, hubSettings } from "./settings.js";
import { readTree, writeTree } from "./tree-cache.js";

/** Where a model or adapter lies on this machine. */
export interface ResolvedModel {
  /** The file; of a split one the first part. */
  path: string;
  /** All parts of a model from the hub, the first one first; of a local file only that. */
  parts: string[];
  /** What it is on the hub; null for a local file. */
  origin: ModelOrigin | null;
}

/** A model's place on the hub: plain JSON for a run's record. */
export interface ModelOrigin {
  /** OWNER/REPO. */
  repository: string;
  /** As asked for. */
  revision: string;
  /** What that was: 40 hexadecimal digits. */
  commit: string;
  /** One, or the parts in their order, with the hashes they must have and had when they were last checked. */
  files: ModelFile[];
}

/**
 * Finds a GGUF model or adapter: a path is returned as it is; a name `hf:OWNER/REPO...` is looked up on the hub, downloaded into the
 * Hugging Face tools' cache where it is missing, and checked by its hash.
 *
 * A branch or tag is asked for each time. Where the hub cannot be reached, or HF_HUB_OFFLINE is set, the commit it last had is used
 * if that is in the cache, and `onNote` is told. BAD_ARGUMENT for a name that means no file or several, with what there is;
 * DOWNLOAD_FAILED; WRITE_FAILED where the cache cannot be written.
 */
export async function resolveModel(spec: string, options: HubOptions = {}): Promise<ResolvedModel> {
  if (!isModelName(spec)) return { path: spec, parts: [spec], origin: null };
  const name = parseModelName(spec);
  const hub = hubSettings(options);
  try {
    return await resolveWith(name, hub);
  } catch (error) {
    if (hub.offline || !mayBePassing(error)) throw error;
    const cached = await resolveWith(name, { ...hub, offline: true }).catch(() => undefined);
    if (cached?.origin == null) throw error;
    hub.onNote?.(`${(error as Error).message} The copy in the cache is used, of commit ${cached.origin.commit}.`);
    return cached;
  }
}

/** Whether a failure says nothing about the model: no network, a server in trouble, a token that has expired. */
function mayBePassing(error: unknown): boolean {
  return error instanceof TelltaleError && error.code === "DOWNLOAD_FAILED" && httpStatus(error) !== 404;
}

async function resolveWith(name: ModelName, hub: Hub): Promise<ResolvedModel> {
  const { repository, revision } = name;
  const folder = modelFolder(hub.modelCache, repository);
  const commit = await commitOf(name, folder, hub);
  const files = chooseModel(name, await filesOf(name, commit, folder, hub));
  const parts: string[] = [];
  for (const file of files) parts.push(await ensureModelFile({ hub, repository, commit, folder }, file));
  const origin = { repository: fullName(repository), revision, commit, files };
  return { path: parts[0] as string, parts, origin };
}

async function commitOf({ spec, repository, revision }: ModelName, folder: ModelFolder, hub: Hub): Promise<string> {
  if (isCommit(revision)) return revision;
  if (!hub.offline) {
    const commit = await askCommit(repository, revision, hub);
    // For the next time without a network; a cache that can only be read is no failure.
    await writeRef(folder, revision, commit).catch(() => undefined);
    return commit;
  }
  const known = await readRef(folder, revision);
  if (known !== undefined) return known;
  throw offlineRefusal(quoted(spec, 400));
}

/** All files of a commit; without the network and a listing, those that are in the cache. */
async function filesOf(
  { repository }: ModelName,
  commit: string,
  folder: ModelFolder,
  hub: Hub,
): Promise<readonly ModelFile[]> {
  const known = await readTree(folder.tree(commit));
  if (known !== undefined) return known;
  if (hub.offline) return cachedFiles(folder, commit);
  const listed = await askFiles(repository, commit, hub);
  await writeTree(folder.tree(commit), listed).catch(() => undefined);
  return listed.map(hubFile);
}
