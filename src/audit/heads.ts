import type { Tokenizer, TokenizerFacts } from "../engine/engine.js";
import { type ChatFacts, type ChatHead, type ChatMessages, renderChatHead } from "../engine/gguf/chat-template.js";
import { TelltaleError } from "../errors.js";
import type { OnAuditEvent } from "./events.js";
import { FORMATS, type Format } from "./formats.js";
import type { ResolvedAuditOptions } from "./options.js";

/** A format that is used, with the rendered chat head if it is chat. */
export type RenderedFormat = { format: "raw"; chat: null } | { format: "chat"; chat: ChatHead & ChatMessages };

/** What every prefill of a format is preceded by. */
export type Head = RenderedFormat & {
  /** Int32Array [nHead]: BOS where the vocabulary asks for it, and the chat head. */
  tokens: Int32Array;
};

const RAW: RenderedFormat = { format: "raw", chat: null };

/**
 * The formats to use, the chat head rendered. Throws NO_CHAT_TEMPLATE if chat is asked for by
 * name and cannot be had; under "auto" a template that does not work is noted, and raw used alone.
 */
export async function chooseFormats(
  options: Pick<ResolvedAuditOptions, "formats" | "chat" | "finetuned">,
  facts: ChatFacts,
  onEvent: OnAuditEvent,
): Promise<RenderedFormat[]> {
  const { formats, finetuned: model } = options;
  const automatic = formats === "auto";
  if (automatic ? facts.template === null : !formats.includes("chat")) return [RAW];
  if (facts.template === null) {
    throw new TelltaleError(
      "NO_CHAT_TEMPLATE",
      `${model} has no chat template, so --format chat cannot be used. Use --format raw, or a conversion of the model that kept its template.`,
      { model },
    );
  }
  try {
    const chat = { ...(await renderChatHead(facts, options.chat)), ...options.chat };
    const wanted: Iterable<Format> = automatic ? FORMATS : new Set(formats);
    return Array.from(wanted, (format) => (format === "raw" ? RAW : { format, chat }));
  } catch (error) {
    if (!automatic || !(error instanceof TelltaleError) || error.code !== "NO_CHAT_TEMPLATE") throw error;
    onEvent({ type: "note", message: `The chat format is left out: ${error.message}` });
    return [RAW];
  }
}

/** Tokens of each format's head by a model's tokenizer, special tokens of the template parsed. */
export async function makeHeads(
  tokenizer: Tokenizer,
  { addBos, bos }: Pick<TokenizerFacts, "addBos" | "bos">,
  formats: readonly RenderedFormat[],
  bosText: string,
): Promise<Head[]> {
  const start = addBos && bos >= 0 ? [bos] : [];
  const heads: Head[] = [];
  for (const rendered of formats) {
    if (rendered.format === "raw") {
      heads.push({ ...rendered, tokens: Int32Array.from(start) });
      continue;
    }
    const { text } = rendered.chat;
    const [tokens = new Int32Array(0)] = await tokenizer.tokenize([text], { parseSpecial: true });
    // Many templates write BOS themselves; a second one would be a context the model has never seen.
    const own = bosText !== "" && text.startsWith(bosText);
    heads.push({ ...rendered, tokens: Int32Array.from([...(own ? [] : start), ...tokens]) });
  }
  return heads;
}
