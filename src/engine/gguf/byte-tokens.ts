import { quoted } from "../../safe-text.js";
import { numbersOf, textOf } from "./access.js";
import { badFile } from "./problem.js";
import { type GgufHeader, type StringTable, stringBytes } from "./types.js";

const BYTE_TYPE = 6;
/** "<0x0A>" */
const LONGEST_BYTE_TOKEN = 6;
/** Pre-tokenizers of BPE vocabularies that hold plain UTF-8 with <0xNN> tokens for the rest. */
const PLAIN_TEXT_BPE = ["gemma4", "granite-embed-multi-311m", "sarvam-moe"];

/** Sentences about bytes that the vocabulary cannot express; throws where a byte token's text names no byte. */
export function checkByteTokens(header: GgufHeader, tokenizer: string, tokens: StringTable): string[] {
  const usesHex =
    ["llama", "plamo2", "gemma4"].includes(tokenizer) ||
    (tokenizer === "gpt2" && PLAIN_TEXT_BPE.includes(textOf(header, "tokenizer.ggml.pre") ?? ""));
  const usesCharacters = tokenizer === "gpt2" && !usesHex;
  if (!usesHex && !usesCharacters) return [];
  if (usesHex) checkByteTexts(header, tokens);
  const texts = new Set<string>();
  for (let id = 0; id < tokens.length; id += 1) {
    const bytes = stringBytes(tokens, id);
    if (bytes.length <= LONGEST_BYTE_TOKEN) texts.add(bytes.toString("utf8"));
  }
  const characters = byteCharacters();
  const missing = characters.filter((character, byte) => {
    // A single-byte text serves SPM vocabularies as well.
    if (usesHex)
      return !texts.has(hexToken(byte)) && !(byte > 0 && byte < 0x80 && texts.has(String.fromCharCode(byte)));
    return !texts.has(character);
  }).length;
  if (missing === 0) return [];
  const fate = tokenizer === "llama" ? "fails on text that needs one" : "drops them from text";
  return [`The vocabulary lacks tokens for ${missing} of 256 bytes; llama.cpp ${fate}.`];
}

function checkByteTexts(header: GgufHeader, tokens: StringTable): void {
  const types = numbersOf(header, "tokenizer.ggml.token_type", ["int32"]) ?? [];
  for (let id = 0; id < tokens.length; id += 1) {
    if (types[id] !== BYTE_TYPE) continue;
    const text = stringBytes(tokens, id).toString("latin1");
    if (!/^<0x[0-9A-Fa-f]{2}>$/.test(text)) {
      throw badFile(
        "model",
        header.path,
        `marks token ${id}, ${quoted(text)}, as a byte; byte tokens look like <0x0A>`,
      );
    }
  }
}

function hexToken(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;
}

/** GPT-2's printable stand-in for each of the 256 bytes: itself where printable, else a character from U+0100 on. */
function byteCharacters(): string[] {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    return String.fromCodePoint(printable ? byte : next++);
  });
}
