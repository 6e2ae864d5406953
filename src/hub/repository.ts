/** A repository of the hub. Owner and name are such as `isHubName` accepts. */
export interface Repository {
  kind: "dataset" | "model";
  owner: string;
  name: string;
}

/** The hub's own rule for one part of a repository's name. */
const HUB_NAME = /^[A-Za-z0-9](?!.*(--|\.\.))[A-Za-z0-9._-]{0,95}(?<![.-])$/;
const REVISION = /^[A-Za-z0-9_](?!.*\.\.)(?!.*\/\/)[A-Za-z0-9._/-]{0,199}(?<![./])$/;
const COMMIT = /^[0-9a-f]{40}$/;

export function isHubName(text: string): boolean {
  return HUB_NAME.test(text);
}

/** Whether a text can name a branch, a tag, `refs/...` or a commit; such a one is a safe relative path as well. */
export function isRevision(text: string): boolean {
  return REVISION.test(text);
}

/** Whether a text is a commit's whole hash. */
export function isCommit(text: string): boolean {
  return COMMIT.test(text);
}

export function fullName({ owner, name }: Repository): string {
  return `${owner}/${name}`;
}

/** Where a file of a repository is downloaded from. */
export function fileAddress(endpoint: string, repository: Repository, commit: string, path: string): string {
  const folder = repository.kind === "dataset" ? "/datasets" : "";
  const file = path.split("/").map(encodeURIComponent).join("/");
  return `${endpoint}${folder}/${fullName(repository)}/resolve/${commit}/${file}`;
}
