import { TelltaleError } from "../errors.js";
import { quoted } from "../safe-text.js";
import { isHubName, isRevision, type Repository } from "./repository.js";
import { isSafePath } from "./safe-path.js";

/** A model or adapter on the hub, as `hf:OWNER/REPO[@REVISION][/FILE.gguf]` or `hf:OWNER/REPO[@REVISION]:QUANTISATION` names it. */
export interface ModelName {
  /** The name as it was given. */
  spec: string;
  repository: Repository;
  /** A branch, tag, `refs/...` or commit. Default "main". */
  revision: string;
  /** The file's path in the repository, where one was named. */
  file?: string;
  /** Such as Q4_K_M, where one was named. */
  quantisation?: string;
}

const PREFIX = "hf:";
const FORMS =
  "Write hf:OWNER/REPO, hf:OWNER/REPO/FILE.gguf or hf:OWNER/REPO:Q4_K_M, where a revision may follow the name: hf:OWNER/REPO@REVISION.";

/** What names hub owners a revision's slashes do not end: those of `refs/pr/3`; in others a slash is written %2F. */
const NAME =
  /^hf:([^/@:]+)\/([^/@:]+)(?:@(refs\/(?:pr|convert)\/[^/@:]+|[^/@:]+))?(?:\/(.+\.gguf)|:([A-Za-z0-9][A-Za-z0-9._-]{0,63}))?$/i;

/** Whether a text names a model on the hub rather than a file; a file of such a name is "./hf:...". */
export function isModelName(spec: string): boolean {
  return spec.startsWith(PREFIX);
}

/** Reads a name such as "hf:owner/repo:Q4_K_M"; BAD_ARGUMENT where it is none. */
export function parseModelName(spec: string): ModelName {
  const [, owner = "", name = "", given = "main", file, quantisation] = NAME.exec(spec) ?? [];
  const revision = given.replace(/%2F/gi, "/");
  if (!isHubName(owner) || !isHubName(name) || !isRevision(revision) || !isSafePath(file ?? "x")) {
    throw new TelltaleError("BAD_ARGUMENT", `${quoted(spec)} does not name a GGUF model on the hub. ${FORMS}`);
  }
  return {
    spec,
    repository: { kind: "model", owner, name },
    revision,
    ...(file !== undefined && { file }),
    ...(quantisation !== undefined && { quantisation }),
  };
}

/** How a file of the same repository and revision is named. */
export function nameOfFile({ repository, revision }: ModelName, file: string): string {
  const at = revision === "main" ? "" : `@${revision.startsWith("refs/") ? revision : revision.replaceAll("/", "%2F")}`;
  return `${PREFIX}${repository.owner}/${repository.name}${at}/${file}`;
}
