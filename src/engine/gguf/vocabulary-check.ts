import { quoted } from "../../safe-text.js";
import { boolOf, numbersOf, required, stringsOf, textOf, uint32Of } from "./access.js";
import { checkByteTokens } from "./byte-tokens.js";
import { badFile } from "./problem.js";
import { checkRwkvTokens } from "./rwkv-tokens.js";
import { type GgufHeader, type StringTable, stringBytes } from "./types.js";

/** The tokenizers of llama.cpp that turn text into tokens ("no_vocab" and "test" do not). */
const TOKENIZERS = ["llama", "gpt2", "hybriddna", "whitespace", "t5", "rwkv", "plamo2", "gemma4"];
/** Four times the largest of known causal models; a file of 128 MiB can claim many more, which would take minutes and gigabytes. */
const MOST_TOKENS = 1 << 20;
/** Ids on which a completion's beginning and end depend, and the others. */
const VITAL_IDS = ["bos", "eos", "eot", "eom"];
const OTHER_IDS = ["unknown", "seperator", "padding", "mask", "fim_pre", "fim_suf", "fim_mid"];

/** Throws where the vocabulary would stop llama.cpp; returns sentences about lesser oddities. */
export function checkVocabulary(header: GgufHeader): string[] {
  const tokenizer = required(header, "tokenizer.ggml.model", textOf(header, "tokenizer.ggml.model"));
  if (tokenizer === "bert") {
    // A WordPiece vocabulary keeps neither case nor spaces, and llama.cpp stops the process at its byte tokens.
    const what = `has the WordPiece tokenizer ${quoted(tokenizer)} of embedding models, whose tokens do not make up the text`;
    throw badFile("model", header.path, what, "Give a causal language model, or its vocabulary.");
  }
  if (!TOKENIZERS.includes(tokenizer)) {
    const what = `has the tokenizer ${quoted(tokenizer)}, which cannot turn text into tokens here`;
    throw badFile("model", header.path, what, "Give a model with a vocabulary of its own.");
  }
  const tokens = required(header, "tokenizer.ggml.tokens", stringsOf(header, "tokenizer.ggml.tokens"));
  if (tokens.length === 0) throw badFile("model", header.path, "has an empty vocabulary");
  if (tokens.length > MOST_TOKENS) {
    throw badFile("model", header.path, `has ${tokens.length} tokens; no real vocabulary has over ${MOST_TOKENS}`);
  }
  checkDuplicates(header, tokens);
  const merges = stringsOf(header, "tokenizer.ggml.merges");
  const pre = textOf(header, "tokenizer.ggml.pre");
  if (merges === undefined && ["gpt2", "gemma4"].includes(tokenizer) && pre !== "kimi-k2") {
    throw badFile("model", header.path, 'lacks the merges of its tokenizer ("tokenizer.ggml.merges")');
  }
  const warnings = [
    ...checkArrays(header, tokens.length),
    ...checkIds(header, tokens.length),
    ...checkBos(header, tokenizer, tokens.length),
    ...checkByteTokens(header, tokenizer, tokens),
  ];
  if (tokenizer === "rwkv") checkRwkvTokens(header, tokens);
  return warnings;
}

/** llama.cpp keeps token text up to its first zero byte, names empty tokens by their id, and aborts on duplicates. */
function checkDuplicates(header: GgufHeader, tokens: StringTable): void {
  const ids = new Map<string, number>();
  for (let id = 0; id < tokens.length; id += 1) {
    const bytes = stringBytes(tokens, id);
    const zero = bytes.indexOf(0);
    const text = bytes.toString("latin1", 0, zero === -1 ? bytes.length : zero) || `[EMPTY_${id}]`;
    const earlier = ids.get(text);
    if (earlier !== undefined) {
      throw badFile("model", header.path, `has the same text ${quoted(bytes)} for the tokens ${earlier} and ${id}`);
    }
    ids.set(text, id);
  }
}

/** Throws unless the weights hold an embedding for every token. */
export function checkEmbeddingRows(header: GgufHeader): void {
  const tokens = stringsOf(header, "tokenizer.ggml.tokens")?.length ?? 0;
  const embedding = header.tensors.get("token_embd.weight");
  if (embedding === undefined) throw badFile("model", header.path, 'lacks the token embeddings ("token_embd.weight")');
  const rows = embedding.shape[1] ?? 1;
  if (rows !== tokens) throw badFile("model", header.path, `has ${tokens} tokens and embeddings for ${rows}`);
}

function checkArrays(header: GgufHeader, tokens: number): string[] {
  const warnings: string[] = [];
  const lengths = {
    "tokenizer.ggml.token_type": numbersOf(header, "tokenizer.ggml.token_type", ["int32"])?.length,
    "tokenizer.ggml.scores": numbersOf(header, "tokenizer.ggml.scores", ["float32", "int32"])?.length,
  };
  for (const [key, length] of Object.entries(lengths)) {
    if (length === undefined || length === tokens) continue;
    if (length < tokens)
      throw badFile("model", header.path, `has ${tokens} tokens and only ${length} entries of ${key}`);
    warnings.push(`${key} has ${length} entries for ${tokens} tokens; the surplus is ignored.`);
  }
  return warnings;
}

function checkIds(header: GgufHeader, tokens: number): string[] {
  const warnings: string[] = [];
  for (const name of [...VITAL_IDS, ...OTHER_IDS]) {
    const key = `tokenizer.ggml.${name}_token_id`;
    const id = uint32Of(header, key);
    if (id === undefined || id < tokens) continue;
    const what = `names ${id} as its ${name} token and has ${tokens} tokens`;
    if (VITAL_IDS.includes(name)) throw badFile("model", header.path, what);
    warnings.push(`The file ${what}; llama.cpp ignores it.`);
  }
  return warnings;
}

/** A vocabulary that adds BOS without having one aborts llama.cpp, or makes it add its default, whatever that is. */
function checkBos(header: GgufHeader, tokenizer: string, tokens: number): string[] {
  const adds = boolOf(header, "tokenizer.ggml.add_bos_token") ?? false;
  if (!adds || header.metadata.has("tokenizer.ggml.bos_token_id")) return [];
  const fallback = { llama: 1, plamo2: 1, gpt2: 11, hybriddna: 11, whitespace: 11 }[tokenizer];
  if (fallback === undefined || fallback >= tokens) {
    throw badFile("model", header.path, "asks for a BOS token at the start of every text and names none");
  }
  return [`The file asks for a BOS token and names none; llama.cpp takes token ${fallback}.`];
}
