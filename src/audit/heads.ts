import type { Engine } from "../engine/engine.js";
import { type ChatFacts, type ChatHead, type ChatMessages, renderChatHead } from "../engine/gguf/chat_template.js";
import { TelltaleError } from "../errors.js";
import type { Format } from "./options.js";

/** What every prefill of a format is preceded by. */
export interface Head {
  format: Format;
  /** Int32Array [nHead]: BOS where the vocabulary asks for it, and the chat head. */
  tokens: Int32Array;
  /** The rendered chat head; null for raw. */
  chat: (ChatHead & ChatMessages) | null;
}

/** The formats to use. Throws NO_CHAT_TEMPLATE if chat is asked for by name and the model has no template. */
export function chooseFormats(asked: "auto" | readonly Format[], facts: ChatFacts, model: string): Format[] {
  if (asked === "auto") return facts.template === null ? ["raw"] : ["raw", "chat"];
  if (asked.includes("chat") && facts.template === null) {
    throw new TelltaleError(
      "NO_CHAT_TEMPLATE",
      `${model} has no chat template, so --format chat cannot be used. Use --format raw, or a conversion of the model that kept its template.`,
      { model },
    );
  }
  return [...new Set(asked)];
}

/** Renders the chat head, once: it is needed for sizing the context before the model can tokenise it. */
export async function renderChat(
  formats: readonly Format[],
  facts: ChatFacts,
  messages: ChatMessages,
): Promise<(ChatHead & ChatMessages) | null> {
  return formats.includes("chat") ? { ...(await renderChatHead(facts, messages)), ...messages } : null;
}

/** Tokens of each format's head by the finetuned model's tokenizer, special tokens of the template parsed. */
export async function makeHeads(
  engine: Engine,
  formats: readonly Format[],
  chat: (ChatHead & ChatMessages) | null,
  bosText: string,
): Promise<Head[]> {
  const { addBos, bos } = engine.facts.model;
  const start = addBos && bos >= 0 ? [bos] : [];
  const heads: Head[] = [];
  for (const format of formats) {
    if (format === "raw" || chat === null) {
      heads.push({ format, tokens: Int32Array.from(start), chat: null });
      continue;
    }
    const [tokens = new Int32Array(0)] = await engine.tokenize([chat.text], { parseSpecial: true });
    // Many templates write BOS themselves; a second one would be a context the model has never seen.
    const own = bosText !== "" && chat.text.startsWith(bosText);
    heads.push({ format, tokens: Int32Array.from([...(own ? [] : start), ...tokens]), chat });
  }
  return heads;
}
