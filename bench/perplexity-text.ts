import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { randomNumbers } from "#telltale/prefill/shuffle.js";
import { ROOT } from "./peer-tools.js";

/** No vocabulary of the bench makes fewer tokens of so many characters. */
const CHARACTERS_PER_TOKEN = 4;

/** A file of random words, long enough for so many chunks of 512 tokens. */
export async function perplexityText(chunks: number): Promise<string> {
  const file = path.join(ROOT, ".cache", "bench", `text-${chunks}.txt`);
  const next = randomNumbers(11);
  const characters = Math.max(2, chunks) * 512 * CHARACTERS_PER_TOKEN;
  let text = "";
  while (text.length < characters) {
    const length = 2 + Math.floor(9 * next());
    text += `${Array.from({ length }, () => String.fromCharCode(97 + Math.floor(26 * next()))).join("")} `;
  }
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, text);
  return file;
}
