import { badFile } from "./problem.js";
import { type GgufHeader, type StringTable, stringBytes } from "./types.js";

const BACKSLASH = 0x5c;
const ESCAPES: Record<string, number> = { t: 0x09, n: 0x0a, r: 0x0d };

/**
 * Throws where a byte begins tokens and is none itself. llama.cpp's RWKV tokenizer takes the longest token it finds, and
 * where it finds such a beginning and nothing more, it starts the text again, without end.
 */
export function checkRwkvTokens(header: GgufHeader, tokens: StringTable): void {
  const alone = new Set<number>();
  const beginnings = new Map<number, number>();
  for (let id = 0; id < tokens.length; id += 1) {
    const bytes = unescaped(stringBytes(tokens, id), id);
    const [first] = bytes;
    if (first === undefined) continue;
    if (bytes.length === 1) alone.add(first);
    if (!beginnings.has(first)) beginnings.set(first, id);
  }
  for (const [byte, id] of beginnings) {
    if (alone.has(byte)) continue;
    const name = `0x${byte.toString(16).padStart(2, "0")}`;
    const what = `begins the token ${id} with the byte ${name}, which is no token by itself: llama.cpp would never end`;
    throw badFile("model", header.path, what);
  }
}

/** A token's bytes as llama.cpp reads them: \t \n \r, \x and two digits, any other character for itself. */
function unescaped(bytes: Buffer, id: number): number[] {
  const zero = bytes.indexOf(0);
  const text = (zero === -1 ? bytes : bytes.subarray(0, zero)).toString("latin1") || `[EMPTY_${id}]`;
  const output: number[] = [];
  for (let at = 0; at < text.length; at += 1) {
    if (text.charCodeAt(at) !== BACKSLASH) {
      output.push(text.charCodeAt(at));
      continue;
    }
    at += 1;
    if (at >= text.length) break;
    if (text[at] !== "x") {
      output.push(ESCAPES[text[at] ?? ""] ?? text.charCodeAt(at));
      continue;
    }
    if (at + 2 < text.length) output.push(digit(text.charCodeAt(at + 1)) * 16 + digit(text.charCodeAt(at + 2)));
    at += 2;
  }
  return output.map((byte) => byte & 0xff);
}

/** What llama.cpp makes of any character in a digit's place. */
function digit(code: number): number {
  return code >= 0x61 ? code - 0x61 + 10 : code - 0x30;
}
