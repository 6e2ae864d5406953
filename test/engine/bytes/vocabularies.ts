import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import type { Tokenizer, Vocabulary } from "#telltale/engine/engine.js";
import { pinnedRelease } from "#telltale/engine/native/library.js";
import { ROOT } from "../../cli/run-cli.js";
import { MODELS } from "../models.js";

/** Vocabularies of embedding models: `openTokenizer` refuses them. */
const REFUSED = ["bert-bge", "nomic-bert-moe"];

const BUNDLE = path.resolve(
  path.dirname(createRequire(import.meta.url).resolve("node-llama-cpp")),
  "../llama/gitRelease.bundle",
);
const FOLDER = path.join(ROOT, ".cache", `vocabularies-${pinnedRelease()}`);

/** llama.cpp's own vocabularies, unpacked once from the source bundle; a sentence where that cannot be done. */
function llamaVocabularies(): string[] | string {
  const source = path.join(ROOT, ".cache", `peers-${pinnedRelease()}`, "source/models");
  try {
    const folder = existsSync(source) ? source : unpacked();
    return readdirSync(folder)
      .filter((name) => /^ggml-vocab-.*\.gguf$/.test(name))
      .map((name) => path.join(folder, name));
  } catch (error) {
    return `llama.cpp's vocabularies cannot be unpacked with git: ${(error as Error).message}`;
  }
}

function unpacked(): string {
  if (existsSync(FOLDER)) return FOLDER;
  const scratch = `${FOLDER}.${process.pid}`;
  mkdirSync(scratch, { recursive: true });
  const git = (...args: string[]) => execFileSync("git", args, { cwd: scratch, stdio: ["ignore", "ignore", "pipe"] });
  try {
    git("init", "--quiet", ".");
    git("fetch", "--quiet", BUNDLE, "HEAD");
    git("checkout", "--quiet", "FETCH_HEAD", "--", "models/ggml-vocab-*.gguf");
    renameSync(path.join(scratch, "models"), FOLDER);
  } catch (error) {
    // Another worker may have been faster.
    if (!existsSync(FOLDER)) throw error;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return FOLDER;
}

const found = llamaVocabularies();

/** Why llama.cpp's vocabularies are missing; null where they are there. */
export const MISSING = typeof found === "string" ? found : null;

/** Names and files of every vocabulary at hand. */
export const VOCABULARIES: readonly (readonly [string, string])[] = [
  ["base A", MODELS.base] as const,
  ["base B", MODELS.baseB] as const,
  ...(typeof found === "string" ? [] : found)
    .map((file) => [path.basename(file).replace(/^ggml-vocab-|\.gguf$/g, ""), file] as const)
    .filter(([name]) => !REFUSED.includes(name)),
];

export const REFUSED_FILES = (typeof found === "string" ? [] : found).filter((file) =>
  REFUSED.some((name) => file.endsWith(`ggml-vocab-${name}.gguf`)),
);

/** A tokenizer that also changes what it is given, parses control tokens, or has other attributes than its file says. */
export function altered(
  tokenizer: Tokenizer,
  changes: { text?: (text: string) => string; parseSpecial?: boolean; attribute?: (attribute: number) => number },
): Tokenizer {
  const { text = (given: string) => given, parseSpecial = false, attribute = (given: number) => given } = changes;
  return {
    tokenize: (texts) => tokenizer.tokenize(texts.map(text), { parseSpecial }),
    detokenize: (sequences) => tokenizer.detokenize(sequences),
    vocabulary: async () => {
      const vocabulary = await tokenizer.vocabulary();
      return { ...vocabulary, attributes: vocabulary.attributes.map(attribute) };
    },
    close: () => tokenizer.close(),
  };
}

/** Bytes that are a token of their own, control tokens apart. */
export function singleBytes({ bytes, offsets, attributes }: Vocabulary): Set<number> {
  const single = new Set<number>();
  for (const [token, attribute] of attributes.entries()) {
    const start = offsets[token] as number;
    if ((attribute & CONTROL) === 0 && offsets[token + 1] === start + 1) single.add(bytes[start] as number);
  }
  return single;
}

/** llama.cpp's attribute bits: unknown, unused or control. */
export const CONTROL = 1 | 2 | 8;
/** llama.cpp's attribute bits one by one. */
export const UNUSED = 2;
export const NORMAL = 4;
export const USER_DEFINED = 16;
export const BYTE = 32;
