import { TelltaleError } from "../errors.js";
import { formatBytes } from "../numbers.js";
import { quoted } from "../safe-text.js";
import { type ModelName, nameOfFile } from "./model-name.js";

interface Listed {
  path: string;
  /** Bytes. */
  size: number;
}

/** A model's files: one, or the parts it was split into, of which `parts[i]` is undefined where it is not listed. */
interface Candidate<File> {
  /** The path of the first part. */
  path: string;
  parts: (File | undefined)[];
}

/** GGUF files that belong to a model and are none: image encoders, importance matrices, draft models. */
const COMPANION = /mmproj|imatrix|(^|[-_.])(mtp|eagle3|dflash|dspark)-/i;
const SPLIT = /^(.+)-(\d{5})-of-(\d{5})(\.gguf)$/i;
const MOST_PARTS = 1000;
/** Models named in an error. */
const MOST_NAMED = 40;

/**
 * The files of the model that a name means, the first part first; BAD_ARGUMENT where none or several fit, and what there is.
 *
 * A quantisation fits a path that has it before a "-" or ".", in any case, as llama.cpp's -hf has it; where one stands as a word of
 * its own, those inside of others (F16 in BF16) do not count. Files that accompany models are taken only where they are named.
 */
export function chooseModel<File extends Listed>(name: ModelName, files: readonly File[]): File[] {
  const gguf = files.filter(({ path }) => /\.gguf$/i.test(path));
  const named = name.file === undefined ? undefined : gguf.find(({ path }) => path === name.file);
  if (named !== undefined) return complete(name, candidateOf(named, new Map(gguf.map((one) => [one.path, one]))));
  const all = candidates(gguf.filter(({ path }) => !COMPANION.test(path.slice(path.lastIndexOf("/") + 1))));
  if (name.file !== undefined) throw refused(name, `There is no file ${quoted(name.file)}`, all);
  const fitting = name.quantisation === undefined ? all : ofQuantisation(name.quantisation, all);
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return complete(name, only);
  const what = name.quantisation === undefined ? "GGUF model" : `GGUF model of the quantisation ${name.quantisation}`;
  const found = only === undefined ? `There is no ${what}` : `There are ${fitting.length} ${what}s`;
  throw refused(name, found, only === undefined ? all : fitting);
}

function candidates<File extends Listed>(gguf: readonly File[]): Candidate<File>[] {
  const found = new Map<string, Candidate<File>>();
  const byPath = new Map(gguf.map((one) => [one.path, one]));
  for (const file of gguf) {
    // A listing may name many parts of one model: they are put together once.
    const path = firstPart(file.path);
    if (!found.has(path)) found.set(path, candidateOf(file, byPath));
  }
  return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function firstPart(path: string): string {
  const [, prefix, , total = "", ending] = SPLIT.exec(path) ?? [];
  return prefix === undefined ? path : `${prefix}-00001-of-${total}${ending}`;
}

function candidateOf<File extends Listed>(file: File, byPath: ReadonlyMap<string, File>): Candidate<File> {
  const [, prefix, , total = "", ending] = SPLIT.exec(file.path) ?? [];
  const count = Number(total);
  if (prefix === undefined || count < 1 || count > MOST_PARTS) return { path: file.path, parts: [file] };
  const paths = Array.from(
    { length: count },
    (_, i) => `${prefix}-${String(i + 1).padStart(5, "0")}-of-${total}${ending}`,
  );
  return { path: paths[0] as string, parts: paths.map((path) => byPath.get(path)) };
}

function ofQuantisation<File>(quantisation: string, all: readonly Candidate<File>[]): Candidate<File>[] {
  const escaped = quantisation.replaceAll(".", "\\.");
  const fits = (pattern: string): Candidate<File>[] => all.filter(({ path }) => new RegExp(pattern, "i").test(path));
  const words = fits(`(^|[-._/])${escaped}[.-]`);
  return words.length > 0 ? words : fits(`${escaped}[.-]`);
}

function complete<File extends Listed>(name: ModelName, { path, parts }: Candidate<File>): File[] {
  const missing = parts.indexOf(undefined);
  if (missing === -1) return parts as File[];
  throw new TelltaleError(
    "BAD_ARGUMENT",
    `${quoted(nameOfFile(name, path), 400)} is one of ${parts.length} parts, and part ${missing + 1} is not there. Choose another file or revision.`,
  );
}

function refused<File extends Listed>(name: ModelName, found: string, all: readonly Candidate<File>[]): TelltaleError {
  const start = `${quoted(name.spec, 400)} cannot be used. ${found}`;
  if (all.length === 0) {
    return new TelltaleError(
      "BAD_ARGUMENT",
      `${start}, nor any GGUF model in this repository. Look for a repository that has it as GGUF, or convert it with llama.cpp's convert_hf_to_gguf.py (an adapter: convert_lora_to_gguf.py).`,
    );
  }
  const list = all.slice(0, MOST_NAMED).map(({ path, parts }) => {
    const size = formatBytes(parts.reduce((sum, part) => sum + (part?.size ?? 0), 0));
    return `${quoted(nameOfFile(name, path), 400)} (${parts.length > 1 ? `${parts.length} parts, ` : ""}${size})`;
  });
  const more = all.length > list.length ? `, and ${all.length - list.length} more` : "";
  return new TelltaleError("BAD_ARGUMENT", `${start}. Name one of these: ${list.join(", ")}${more}.`);
}
