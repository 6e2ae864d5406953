import type { WireAnswer } from "./transport.js";

/** How to speak to one endpoint, as the probe found. */
export interface Manner {
  server: string;
  /** The model's name in every request. */
  model: string;
  /** Tokens a request may hold; null where the server does not say. */
  longest: number | null;
  /**
   * The fields it takes: "telltale": those of `telltale serve`; "extended": also those of vLLM, SGLang and llama-server, which
   * switch off what their model's own settings would do to a distribution; "plain": OpenAI's alone.
   */
  fields: Fields;
  prompts: "ids" | "text";
  /** Whether it takes several prompts in one request. */
  several: boolean;
  scoring: ScoringManner | null;
  generation: GenerationManner | null;
  /** Tokens that it puts before every text of its own accord, and their text; none before token ids. */
  added: { count: number; text: string; avoidable: boolean };
}

export type Fields = "telltale" | "extended" | "plain";

/** How it tells the log-probabilities of a given text. */
export interface ScoringManner {
  by: "echo" | "prompt_logprobs";
  /** The value of the field `logprobs` or `prompt_logprobs`. */
  logprobs: 0 | 1;
  /** New tokens that have to be asked for; what comes of them is left out. */
  maxTokens: 0 | 1;
}

/**
 * How it tells which tokens it generated: vLLM's `token_ids`; "token_id:N" in place of their texts (vLLM); ids beside each
 * log-probability (llama-server); texts that are looked up in the vocabulary.
 */
export interface GenerationManner {
  by: "token_ids" | "token_id strings" | "content ids" | "texts";
  /** Ask llama-server's own /completion, which tells every token; its OpenAI form leaves out those inside a character. */
  native: boolean;
}

/** An endpoint and how to ask it. */
export interface Endpoint {
  /** What the OpenAI form's paths begin with, as a rule .../v1; no slash at the end. */
  url: string;
  /** The same without /v1: where servers have forms of their own. */
  root: string;
  /** POSTs JSON to an address; throws EndpointFailure. `tokens`: how many the answer will be about, which limits its size. */
  post(address: string, body: unknown, tokens: number, signal: AbortSignal): Promise<WireAnswer>;
  get(address: string, limit: number, signal: AbortSignal): Promise<WireAnswer>;
}

/** An endpoint that was tried. */
export interface ProbedEndpoint extends Endpoint {
  manner: Manner;
}
