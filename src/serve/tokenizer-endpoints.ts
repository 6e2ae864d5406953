import { endianness } from "node:os";
import { type Fields, flagField, textField, tokenIds } from "./fields.js";
import type { ResolvedLimits } from "./options.js";
import { refuseMuchText } from "./prompts.js";
import { badField } from "./refusal.js";
import type { ServedModel } from "./served-model.js";

const SCHEMA = "telltale.vocabulary/1";

/** `prompt` is vLLM's name of the text and adds BOS unless told not to; `content` is llama-server's, and does not. */
export async function tokenizeAnswer(fields: Fields, model: ServedModel, limits: ResolvedLimits): Promise<unknown> {
  const prompt = textField(fields, "prompt");
  const text = prompt ?? textField(fields, "content");
  if (text === undefined) throw badField("prompt", "prompt (or content) must be the text.");
  refuseMuchText([text], prompt === undefined ? "content" : "prompt", limits);
  const addSpecial = flagField(fields, "add_special_tokens", flagField(fields, "add_special", prompt !== undefined));
  const parseSpecial = flagField(fields, "parse_special", true);
  const [tokens = new Int32Array(0)] = await model.tokenize([text], { addSpecial, parseSpecial });
  return { tokens: Array.from(tokens), count: tokens.length, max_model_len: model.facts.context.nCtxSequence };
}

export function detokenizeAnswer(fields: Fields, model: ServedModel): unknown {
  if (!Array.isArray(fields.tokens)) throw badField("tokens", "tokens must be a list of token ids.");
  const text = model.strings.text(tokenIds(fields.tokens, "tokens", model.facts.model.vocabularySize));
  return { prompt: text, content: text };
}

/** What a client that writes its own prompts needs to know of the tokenizer. */
export function tokenizerInfo({ facts, strings }: ServedModel): unknown {
  const { bos, eos, chatTemplate, vocabularyType } = facts.model;
  const text = (token: number): string | null => (token < 0 ? null : strings.text(Int32Array.of(token)));
  return {
    tokenizer_class: vocabularyType,
    bos_token: text(bos),
    eos_token: text(eos),
    pad_token: null,
    chat_template: chatTemplate,
  };
}

/** All tokens: their bytes one after the other, where each begins, and llama.cpp's attribute bits; base64, little-endian. */
export function vocabularyAnswer({ id, facts, vocabulary }: ServedModel): unknown {
  const { vocabularySize, vocabularyType, bos, eos, eot, addBos, chatTemplate } = facts.model;
  const { bytes, offsets, attributes } = vocabulary;
  return {
    schema: SCHEMA,
    model: id,
    bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64"),
    offsets: littleEndian(offsets),
    attributes: littleEndian(attributes),
    facts: { vocabularySize, vocabularyType, bos, eos, eot, addBos, chatTemplate },
  };
}

function littleEndian(numbers: Uint32Array | Int32Array): string {
  const raw = Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  return (endianness() === "BE" ? Buffer.from(raw).swap32() : raw).toString("base64");
}
