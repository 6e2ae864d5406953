import {
  type ChatFacts,
  type ChatHead,
  type ChatMessages,
  chatFacts,
  renderChatHead,
} from "../engine/gguf/chat-template.js";
import { decodeText } from "../engine/vocabulary.js";
import { TelltaleError } from "../errors.js";
import type { Role } from "../journal/records.js";
import type { OnAuditEvent } from "./events.js";
import { FORMATS, type Format } from "./formats.js";
import { type AuditModels, nameOf, vocabularyHeader } from "./models.js";
import type { ResolvedAuditOptions } from "./options.js";
import type { ModelTokens, OwnTokens } from "./tokens.js";

/** A format that is used, with the rendered chat head if it is chat. */
export type RenderedFormat = { format: "raw"; chat: null } | { format: "chat"; chat: ChatHead & ChatMessages };

/** What every prefill of a format is preceded by. */
export type Head = RenderedFormat & {
  /** Int32Array [nHead]: BOS where the vocabulary asks for it, and the chat head. */
  tokens: Int32Array;
};

const RAW: RenderedFormat = { format: "raw", chat: null };

/** A model whose chat template a chat head is rendered with. */
export interface ChatModel {
  /** Its file or servers, for messages. */
  name: string;
  facts: ChatFacts;
}

/**
 * The formats to use, the chat head rendered with the own template of each of the models: the finetuned one, and the reference
 * where it has other tokens. Throws NO_CHAT_TEMPLATE if chat is asked for by name and cannot be had; under "auto" raw is used
 * alone, and said why where it is not for want of a template of the finetuned model.
 */
export async function chooseFormats(
  { formats, chat }: Pick<ResolvedAuditOptions, "formats" | "chat">,
  models: readonly ChatModel[],
  onEvent: OnAuditEvent,
): Promise<RenderedFormat[][]> {
  const automatic = formats === "auto";
  const raw = models.map(() => [RAW]);
  if (automatic ? models[0]?.facts.template === null : !formats.includes("chat")) return raw;
  const wanted: Format[] = automatic ? [...FORMATS] : [...new Set(formats)];
  try {
    return await Promise.all(
      models.map(async (model) => {
        const rendered = { ...(await renderedHead(model, chat)), ...chat };
        return wanted.map((format): RenderedFormat => (format === "raw" ? RAW : { format, chat: rendered }));
      }),
    );
  } catch (error) {
    if (!automatic || !(error instanceof TelltaleError) || error.code !== "NO_CHAT_TEMPLATE") throw error;
    onEvent({ type: "note", message: `The chat format is left out: ${error.message}` });
    return raw;
  }
}

async function renderedHead({ name, facts }: ChatModel, chat: ChatMessages): Promise<ChatHead> {
  if (facts.template !== null) return renderChatHead(facts, chat);
  throw new TelltaleError(
    "NO_CHAT_TEMPLATE",
    `${name} has no chat template, so --format chat cannot be used. Use --format raw, or a conversion of the model that kept its template.`,
    { model: name },
  );
}

/** The models whose own templates chat heads are made of: the reference's, too, where its tokens are others. */
export function chatModels(models: AuditModels, tokens: ModelTokens): ChatModel[] {
  const of = (role: Role): ChatModel => {
    const header = vocabularyHeader(models[role]);
    return { name: nameOf(models[role]), facts: header ? chatFacts(header) : toldChatFacts(tokens[role]) };
  };
  return tokens.differ === null ? [of("finetuned")] : [of("finetuned"), of("reference")];
}

function toldChatFacts(tokens: OwnTokens | null): ChatFacts {
  if (tokens === null) return { template: null, bosToken: "", eosToken: "" };
  const text = (id: number): string => (id < 0 ? "" : decodeText(tokens.vocabulary, [id]));
  const { chatTemplate, bos, eos } = tokens.facts;
  return { template: chatTemplate, bosToken: text(bos), eosToken: text(eos) };
}

/** Heads of every format in each model's own tokens; `formats` as chooseFormats gave them. */
export async function makeHeads(
  tokens: ModelTokens,
  [finetuned = [], reference]: readonly RenderedFormat[][],
): Promise<Record<Role, Head[]>> {
  const own = await headsIn(tokens.finetuned, finetuned);
  if (reference === undefined) return { finetuned: own, reference: own };
  if (tokens.reference !== null) return { finetuned: own, reference: await headsIn(tokens.reference, reference) };
  // Servers that keep their tokens to themselves get the head as text, and put BOS before it as they see fit.
  return { finetuned: own, reference: reference.map((format) => ({ ...format, tokens: new Int32Array(0) })) };
}

/** Special tokens of the template are parsed. */
async function headsIn(
  { tokenizer, facts, vocabulary }: OwnTokens,
  formats: readonly RenderedFormat[],
): Promise<Head[]> {
  const { addBos, bos } = facts;
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
    const bosText = bos < 0 ? "" : decodeText(vocabulary, [bos]);
    const own = bosText !== "" && text.startsWith(bosText);
    heads.push({ ...rendered, tokens: Int32Array.from([...(own ? [] : start), ...tokens]) });
  }
  return heads;
}
