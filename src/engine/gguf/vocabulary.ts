import { quoted } from "../../safe-text.js";
import { numbersOf, required, stringsOf, textOf } from "./access.js";
import { type GgufHeader, type NumberArray, type StringTable, stringBytes } from "./types.js";

export type VocabularyComparison = { same: true } | { same: false; reason: string };

const TYPE_NAMES = ["undefined", "normal", "unknown", "control", "user-defined", "unused", "byte"];
const NORMAL = 1;

/** Whether token ids of one model mean the same in the other: equal strings and types, token by token. */
export function compareVocabularies(a: GgufHeader, b: GgufHeader): VocabularyComparison {
  const [kindA, kindB] = [tokenizerOf(a), tokenizerOf(b)];
  if (kindA !== kindB) return { same: false, reason: `the tokenizers differ: ${kindA} against ${kindB}` };
  const [tokensA, tokensB] = [tokensOf(a), tokensOf(b)];
  const difference = firstDifference(tokensA, tokensB, typesOf(a), typesOf(b));
  if (tokensA.length !== tokensB.length) {
    const detail = difference === undefined ? "the shorter one equals the start of the longer" : difference;
    return { same: false, reason: `the sizes differ: ${tokensA.length} tokens against ${tokensB.length}; ${detail}` };
  }
  return difference === undefined ? { same: true } : { same: false, reason: difference };
}

/** A token's text as the file has it (byte-level vocabularies write a space as U+0120); undefined beyond the vocabulary. */
export function tokenText(header: GgufHeader, id: number): string | undefined {
  const tokens = tokensOf(header);
  return Number.isInteger(id) && id >= 0 && id < tokens.length ? stringBytes(tokens, id).toString("utf8") : undefined;
}

function tokensOf(header: GgufHeader): StringTable {
  return required(header, "tokenizer.ggml.tokens", stringsOf(header, "tokenizer.ggml.tokens"));
}

function typesOf(header: GgufHeader): NumberArray {
  return numbersOf(header, "tokenizer.ggml.token_type", ["int32"]) ?? new Int32Array(0);
}

// How text is split before it is tokenised (tokenizer.ggml.pre) does not matter here: ids are scored, not text.
function tokenizerOf(header: GgufHeader): string {
  return quoted(required(header, "tokenizer.ggml.model", textOf(header, "tokenizer.ggml.model")));
}

function firstDifference(a: StringTable, b: StringTable, typesA: NumberArray, typesB: NumberArray): string | undefined {
  const shared = Math.min(a.length, b.length);
  for (let id = 0; id < shared; id += 1) {
    const [typeA, typeB] = [typesA[id] ?? NORMAL, typesB[id] ?? NORMAL];
    if (typeA === typeB && sameBytes(a, b, id)) continue;
    const [textA, textB] = [quoted(stringBytes(a, id)), quoted(stringBytes(b, id))];
    return `token ${id} is ${textA} (${typeName(typeA)}) against ${textB} (${typeName(typeB)})`;
  }
  return undefined;
}

function sameBytes(a: StringTable, b: StringTable, id: number): boolean {
  const [startA = 0, endA = 0] = [a.offsets[id], a.offsets[id + 1]];
  const [startB = 0, endB = 0] = [b.offsets[id], b.offsets[id + 1]];
  return endA - startA === endB - startB && a.bytes.compare(b.bytes, startB, endB, startA, endA) === 0;
}

function typeName(type: number): string {
  return TYPE_NAMES[type] ?? `type ${type}`;
}
