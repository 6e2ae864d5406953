import { existsSync } from "node:fs";
import { parse } from "node:path";
import { TelltaleError } from "../errors.js";
import { isHubName, isRevision } from "../hub/repository.js";
import { quoted } from "../safe-text.js";

/** Which corpus, as data. `name` is safe as a file name and on a terminal: the configuration's corpus part. */
export type CorpusSpec = BuiltinSpec | FileSpec | HubSpec;

export interface BuiltinSpec {
  kind: "builtin";
  name: "builtin";
}

export interface FileSpec {
  kind: "file";
  /** The base name without its ending, reduced to [A-Za-z0-9._-]. */
  name: string;
  path: string;
}

export interface HubSpec {
  kind: "hf";
  /** The short name, or "owner--dataset". */
  name: string;
  owner: string;
  dataset: string;
  /** A branch, tag, `refs/...` or commit. Default "main". */
  revision: string;
  /** The column or field that holds the text, where one was named. */
  column?: string;
}

/** Corpora that go by a short name: what the paper uses, and its audits' encyclopaedia. */
export const SHORT_NAMES: Readonly<Record<string, { owner: string; dataset: string }>> = {
  "c4-10k": { owner: "NeelNanda", dataset: "c4-10k" },
  "pile-10k": { owner: "NeelNanda", dataset: "pile-10k" },
  "code-10k": { owner: "NeelNanda", dataset: "code-10k" },
  "wiki-10k": { owner: "NeelNanda", dataset: "wiki-10k" },
};

const FORMS =
  `Use builtin, file:PATH (.txt, .jsonl, .ndjson, .json, .parquet), hf:OWNER/DATASET[@REVISION][:COLUMN], ` +
  `or one of ${Object.keys(SHORT_NAMES).join(", ")}.`;

/** Reads a corpus specification such as "builtin", "file:notes.txt", "hf:owner/dataset@v1:content" or "c4-10k". */
export function parseCorpus(spec: string): CorpusSpec {
  if (spec === "builtin") return { kind: "builtin", name: "builtin" };
  if (Object.hasOwn(SHORT_NAMES, spec)) {
    const { owner, dataset } = SHORT_NAMES[spec] as { owner: string; dataset: string };
    return { kind: "hf", name: spec, owner, dataset, revision: "main" };
  }
  if (spec.startsWith("hf:")) return parseHub(spec);
  const path = spec.startsWith("file:") ? spec.slice("file:".length) : spec;
  if (path.length === 0 || path.includes("\0") || (path === spec && !existsSync(path))) {
    throw new TelltaleError("BAD_ARGUMENT", `${quoted(spec)} is no corpus, and no file of that name exists. ${FORMS}`);
  }
  return { kind: "file", name: safeName(path), path };
}

/** The same corpus with its file's path, where it is a file, changed by `change`. */
export function mapCorpusPath(spec: string, change: (path: string) => string): string {
  if (spec === "builtin" || Object.hasOwn(SHORT_NAMES, spec) || spec.startsWith("hf:")) return spec;
  return `file:${change(spec.replace(/^file:/, ""))}`;
}

function parseHub(spec: string): HubSpec {
  const match = /^hf:([^/@:]+)\/([^/@:]+)(?:@([^@:]+))?(?::([^:]+))?$/.exec(spec);
  const [, owner = "", dataset = "", revision = "main", column] = match ?? [];
  if (!isHubName(owner) || !isHubName(dataset) || !isRevision(revision)) {
    throw new TelltaleError("BAD_ARGUMENT", `${quoted(spec)} does not name a Hugging Face dataset. ${FORMS}`);
  }
  const hub: HubSpec = { kind: "hf", name: `${owner}--${dataset}`, owner, dataset, revision };
  return column === undefined ? hub : { ...hub, column };
}

function safeName(path: string): string {
  const base = parse(path.replace(/\.gz$/i, "")).name;
  const safe = base.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[.-]+|[.-]+$/g, "");
  return safe.slice(0, 80) || "file";
}
