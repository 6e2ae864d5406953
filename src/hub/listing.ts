import { datasetInfo, listFiles, modelInfo } from "@huggingface/hub";
import { z } from "zod";
import { TelltaleError } from "../errors.js";
import { quoted } from "../safe-text.js";
import { type FileHash, fileHashSchema } from "./hash.js";
import { hubFetch } from "./http.js";
import { fullName, isCommit, type Repository } from "./repository.js";
import type { Hub } from "./settings.js";

/** A listing longer than this is taken for one that never ends. */
const MAX_FILES = 200_000;

export const hubFileSchema = z.object({ path: z.string(), size: z.int().nonnegative(), hash: fileHashSchema });

/** A file of a repository. */
export interface HubFile {
  /** Its path there. */
  path: string;
  /** Bytes. */
  size: number;
  /** What its bytes must have. */
  hash: FileHash;
}

/** A file as the hub lists it: in git by its blob's hash, in LFS or Xet by further ones. */
const entrySchema = z.object({
  path: z.string(),
  size: z.int().nonnegative(),
  oid: z.string().regex(/^[0-9a-f]{40}$/),
  lfs: z.object({ oid: z.string().regex(/^[0-9a-f]{64}$/), size: z.int().nonnegative() }).optional(),
  xetHash: z.string().optional(),
});

export type ListedFile = z.infer<typeof entrySchema>;

/** The commit that a branch, tag or commit of a repository stands for now; DOWNLOAD_FAILED where the hub does not say. */
export async function askCommit(repository: Repository, revision: string, hub: Hub): Promise<string> {
  return asking(repository, hub, async () => {
    const name = fullName(repository);
    const fetch = hubFetch(hub, repository);
    const question = { hubUrl: hub.endpoint, fetch, name, revision, additionalFields: ["sha"] satisfies ["sha"] };
    const { sha } = await (repository.kind === "dataset" ? datasetInfo(question) : modelInfo(question));
    const commit = String(sha);
    if (!isCommit(commit)) throw new Error("no commit hash");
    if (isCommit(revision) && commit !== revision) throw new Error("another commit");
    return commit;
  });
}

/** All files of a repository at a commit. */
export async function askFiles(repository: Repository, commit: string, hub: Hub): Promise<ListedFile[]> {
  return asking(repository, hub, async () => {
    const files: ListedFile[] = [];
    const listing = listFiles({
      hubUrl: hub.endpoint,
      fetch: hubFetch(hub, repository),
      repo: { type: repository.kind, name: fullName(repository) },
      revision: commit,
      recursive: true,
    });
    for await (const entry of listing) {
      if (entry.type === "file") files.push(entrySchema.parse(entry));
      if (files.length > MAX_FILES) throw new Error("endless listing");
    }
    return files;
  });
}

/** What is promised of a listed file. */
export function hubFile({ path, size, oid, lfs }: Omit<ListedFile, "xetHash">): HubFile {
  if (lfs === undefined) return { path, size, hash: { algorithm: "gitSha1", value: oid } };
  return { path, size: lfs.size, hash: { algorithm: "sha256", value: lfs.oid } };
}

async function asking<Value>(repository: Repository, hub: Hub, step: () => Promise<Value>): Promise<Value> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof TelltaleError) throw error;
    throw new TelltaleError(
      "DOWNLOAD_FAILED",
      `The server at ${quoted(new URL(hub.endpoint).host)} did not describe the ${repository.kind} ` +
        `${quoted(fullName(repository))} as the hub does. Check HF_ENDPOINT.`,
      { cause: error },
    );
  }
}
