import { fileURLToPath } from "node:url";
import { readSmallTextFile } from "../../small-text-file.js";
import type { KeywordCatalogue } from "./catalogue.js";
import { parseKeywordFile } from "./parse.js";

/** What names the package's own catalogue; a file of that name is "./paper". */
export const PAPER_KEYWORDS = "paper";

/** Absolute path of the sets that were published with the paper, seen from dist/rank/keywords/. */
export const PAPER_CATALOGUE = fileURLToPath(new URL("../../../catalogues/paper.yaml", import.meta.url));

/** Bytes; fifty times the published sets. */
const LARGEST_FILE = 256 * 1024;

/** The catalogue in a file, or the published one for "paper". */
export function readKeywords(fileOrName: string): Promise<KeywordCatalogue> {
  return readKeywordFile(fileOrName === PAPER_KEYWORDS ? PAPER_CATALOGUE : fileOrName);
}

/** The catalogue in a file; FILE_UNREADABLE, or BAD_ARGUMENT where it holds something else. */
export async function readKeywordFile(path: string): Promise<KeywordCatalogue> {
  return parseKeywordFile(await readSmallTextFile(path, LARGEST_FILE, "keyword file", "a file of keyword sets"), path);
}
