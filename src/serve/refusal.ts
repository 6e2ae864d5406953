import { STATUS_CODES } from "node:http";
import { TelltaleError } from "../errors.js";

export interface RefusalDetails {
  /** OpenAI's name of the reason, e.g. "context_length_exceeded". */
  code?: string;
  /** The field of the request it is about. */
  param?: string;
  /** Seconds after which the same may work. */
  retryAfter?: number;
}

/** Why a request gets no answer: the status it is told with, and a sentence that names the field. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;
  readonly code: string | null;
  readonly param: string | null;
  readonly retryAfter: number | undefined;

  constructor(status: number, message: string, { code, param, retryAfter }: RefusalDetails = {}) {
    super(message);
    this.status = status;
    this.code = code ?? null;
    this.param = param ?? null;
    this.retryAfter = retryAfter;
  }

  /** OpenAI's form of an error. */
  get body(): string {
    const type = this.status >= 500 ? "server_error" : (TYPES[this.status] ?? "invalid_request_error");
    return JSON.stringify({ error: { message: this.message, type, param: this.param, code: this.code } });
  }
}

const TYPES: Record<number, string> = { 401: "authentication_error", 429: "rate_limit_error" };

/** 400 that names a field. */
export function badField(param: string, sentence: string, code?: string): Refusal {
  return new Refusal(400, sentence, code === undefined ? { param } : { param, code });
}

/** What a client is told of any failure. An engine's own sentence may name files, so it goes to the log alone. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const code = error instanceof TelltaleError ? error.code : "INTERNAL";
  const sentence = ENGINE_SENTENCES[code] ?? `${STATUS_CODES[500]}: the server's log says more.`;
  return new Refusal(500, sentence, { code: code.toLowerCase() });
}

const ENGINE_SENTENCES: Record<string, string> = {
  ENGINE_DIED: "The engine of this model ended while it ran this; it is opened again for the next request.",
  NON_FINITE: "The model gave no finite log-probability for this text.",
  OUT_OF_MEMORY: "There is not enough memory for this.",
};
