import { createHash } from "node:crypto";
import { TelltaleError } from "../../errors.js";
import { quoted } from "../../safe-text.js";
import { boundedRender } from "./chat-template-process.js";
import { specialTokenText } from "./special-tokens.js";
import type { GgufHeader } from "./types.js";

/** What a file says about its chat format. */
export interface ChatFacts {
  /** The model's own Jinja template; null where the file has none. */
  template: string | null;
  /** Texts of the special tokens; empty where the vocabulary has none. */
  bosToken: string;
  eosToken: string;
}

export interface ChatMessages {
  /** Empty: no system message. */
  system: string;
  user: string;
}

export interface ChatHead {
  /** Everything up to where the assistant's words begin. Holds the BOS token's text if the template writes it. */
  text: string;
  /** The template refuses a system message, so its text stands at the start of the user's. */
  systemMerged: boolean;
  /** SHA-256 of the template, hex. */
  templateHash: string;
}

/** The conversation of the published recipe. */
export const DEFAULT_CHAT: ChatMessages = {
  system: "You are a helpful assistant.",
  user: "Tell me anything.",
};

const MAX_TEMPLATE_CHARACTERS = 1 << 20;
const DEFAULT_TIME_LIMIT_MS = 5_000;
const INSTEAD = "Use the raw format for this model, or give it a chat template that works.";

export function chatFacts(header: GgufHeader): ChatFacts {
  const template = header.metadata.get("tokenizer.chat_template");
  return {
    template: template?.type === "string" && template.value !== "" ? template.value : null,
    bosToken: specialTokenText(header, "bos"),
    eosToken: specialTokenText(header, "eos"),
  };
}

/**
 * The chat head of [system, user] with the generation prompt, as the Transformers library renders it, on a fixed date.
 * The template is code from an untrusted file: it runs in a process of its own with little memory and a time limit.
 * Throws NO_CHAT_TEMPLATE where there is none, or it fails, does not end, or writes too much.
 */
export async function renderChatHead(
  facts: ChatFacts,
  messages: ChatMessages = DEFAULT_CHAT,
  timeLimitMs: number = DEFAULT_TIME_LIMIT_MS,
): Promise<ChatHead> {
  const { template, bosToken, eosToken } = facts;
  if (template === null) throw noTemplate("The model has no chat template.");
  if (template.length > MAX_TEMPLATE_CHARACTERS)
    throw noTemplate("The model's chat template is longer than a million characters.");
  const outcome = await boundedRender({ template, bosToken, eosToken, ...messages, timeLimitMs });
  if (outcome.kind === "rendered") {
    const templateHash = createHash("sha256").update(template, "utf8").digest("hex");
    return { text: outcome.text, systemMerged: outcome.systemMerged, templateHash };
  }
  throw noTemplate(`The model's chat template ${FAILURES[outcome.kind]}${said(outcome)}.`);
}

const FAILURES = {
  failed: "cannot be rendered",
  refused: "refuses the conversation",
  empty: "writes nothing",
  tooLong: "writes more than a model could read",
  timeout: "does not come to an end",
  died: "needs more memory than any template should",
} as const;

function said(outcome: { kind: string; message?: string }): string {
  return outcome.message === undefined ? "" : `: ${quoted(outcome.message, 200)}`;
}

function noTemplate(what: string): TelltaleError {
  return new TelltaleError("NO_CHAT_TEMPLATE", `${what} ${INSTEAD}`, { phase: "chat template" });
}
