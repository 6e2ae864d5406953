import type { Engine } from "../engine/engine.js";
import { type ChatFacts, type ChatHead, type ChatMessages, renderChatHead } from "../engine/gguf/chat-template.js";
import { TelltaleError } from "../errors.js";
import type { OnAuditEvent } from "./events.js";
import type { Format } from "./formats.js";
import type { ResolvedAuditOptions } from "./options.js";

/** What every prefill of a format is preceded by. */
export interface Head {
  format: Format;
  /** Int32Array [nHead]: BOS where the vocabulary asks for it, and the chat head. */
  tokens: Int32Array;
  /** The rendered chat head; null for raw. */
  chat: RenderedChat | null;
}

export type RenderedChat = ChatHead & ChatMessages;

/**
 * The formats to use, and the rendered chat head if chat is one of them. Throws NO_CHAT_TEMPLATE if chat is asked for by
 * name and cannot be had; under "auto" a template that does not work is noted, and raw used alone.
 */
export async function chooseFormats(
  options: Pick<ResolvedAuditOptions, "formats" | "chat" | "finetuned">,
  facts: ChatFacts,
  onEvent: OnAuditEvent,
): Promise<{ formats: Format[]; chat: RenderedChat | null }> {
  const { formats, finetuned: model } = options;
  const automatic = formats === "auto";
  if (automatic ? facts.template === null : !formats.includes("chat")) return { formats: ["raw"], chat: null };
  if (facts.template === null) {
    throw new TelltaleError(
      "NO_CHAT_TEMPLATE",
      `${model} has no chat template, so --format chat cannot be used. Use --format raw, or a conversion of the model that kept its template.`,
      { model },
    );
  }
  try {
    const chat = { ...(await renderChatHead(facts, options.chat)), ...options.chat };
    return { formats: automatic ? ["raw", "chat"] : [...new Set(formats)], chat };
  } catch (error) {
    if (!automatic || !(error instanceof TelltaleError) || error.code !== "NO_CHAT_TEMPLATE") throw error;
    onEvent({ type: "note", message: `The chat format is left out: ${error.message}` });
    return { formats: ["raw"], chat: null };
  }
}

/** Tokens of each format's head by the finetuned model's tokenizer, special tokens of the template parsed. */
export async function makeHeads(
  engine: Engine,
  formats: readonly Format[],
  chat: RenderedChat | null,
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
