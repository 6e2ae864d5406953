import type { Choice } from "./answers.js";
import { malformed } from "./failure.js";
import type { ScoringManner } from "./manner.js";

/** What servers write for minus infinity, which JSON does not have. */
const INFINITE = -9999;
/** A log-probability above 0 by rounding alone. */
const ROUNDING = 1e-4;

export interface PromptLogprobs {
  /** One entry a prompt token: nats; null where none is told, as for the first. */
  logprobs: (number | null)[];
  /** Their texts as the server writes them; null where it does not. */
  texts: (string | null)[];
  /** Their ids where the server tells them. */
  ids: (number | null)[] | null;
}

/**
 * The log-probabilities of a prompt of `count` tokens, those of generated tokens left out; `count` undefined: as many as there are.
 * Throws EndpointFailure where there are others than that.
 */
export function promptLogprobs(choice: Choice, manner: ScoringManner, ids?: ArrayLike<number>): PromptLogprobs {
  const read = manner.by === "echo" ? echoed(choice, manner) : listed(choice, ids);
  const told = read.logprobs.length;
  if (ids === undefined) return read;
  if (told < ids.length || told > ids.length + manner.maxTokens) {
    throw malformed(`it holds the log-probabilities of ${told} tokens where ${ids.length} were sent`);
  }
  const other = choice.prompt_token_ids;
  if (other != null && (other.length !== ids.length || other.some((id, i) => id !== ids[i]))) {
    throw malformed("the token ids that it scored are not those that were sent");
  }
  return {
    logprobs: read.logprobs.slice(0, ids.length),
    texts: read.texts.slice(0, ids.length),
    ids: read.ids?.slice(0, ids.length) ?? null,
  };
}

function echoed({ logprobs }: Choice, manner: ScoringManner): PromptLogprobs {
  const values = logprobs?.token_logprobs;
  if (values == null || values.length < 2) throw malformed("it holds no log-probabilities of the text that was sent");
  const texts = logprobs?.tokens;
  if (texts == null || texts.length !== values.length) {
    throw malformed(
      `it holds ${values.length} log-probabilities and ${texts?.length ?? 0} tokens (max_tokens ${manner.maxTokens})`,
    );
  }
  return { logprobs: values, texts, ids: null };
}

function listed({ prompt_logprobs: entries }: Choice, ids?: ArrayLike<number>): PromptLogprobs {
  if (entries == null) throw malformed("it holds no prompt_logprobs");
  const found = entries.map((entry, i) => {
    if (entry === null) return null;
    const keys = Object.keys(entry);
    const own = ids === undefined ? (keys.length === 1 ? keys[0] : undefined) : String(ids[i]);
    const value = own === undefined ? undefined : entry[own];
    if (own === undefined || value === undefined) throw malformed(`its prompt_logprobs lack the token in place ${i}`);
    return { id: Number(own), logprob: value.logprob, text: value.decoded_token ?? null };
  });
  return {
    logprobs: found.map((each) => each?.logprob ?? null),
    texts: found.map((each) => each?.text ?? null),
    ids: found.map((each) => each?.id ?? null),
  };
}

/** Whether this is the log-probability of anything: finite, not above 0 but for rounding, and not a stand-in for infinity. */
export function isLogprob(value: number | null | undefined): value is number {
  return typeof value === "number" && value > INFINITE && value <= ROUNDING;
}

/** Float32Array of all values. Throws EndpointFailure where one is no log-probability. */
export function checkedLogprobs(values: readonly (number | null)[]): Float32Array {
  const bad = values.find((value) => !isLogprob(value));
  if (bad !== undefined) throw malformed(`it holds ${bad} for the log-probability of a token`);
  return Float32Array.from(values as number[]);
}
