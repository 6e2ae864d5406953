import { quoted } from "../../safe-text.js";
import type { Choice, NativeCompletion } from "./answers.js";
import { malformed } from "./failure.js";
import type { GenerationManner } from "./manner.js";
import type { Pieces } from "./pieces.js";

/** The tokens of one completion as a server tells them. */
export interface TokensTold {
  ids: number[];
  /** Nats; null for a token whose log-probability is not told. */
  logprobs: (number | null)[];
  /** Whether it ended by itself: with an end-of-generation token, which may be missing from `ids`. */
  ended: boolean;
  /** Which token ended it where that is told apart from `ids`. */
  endedBy: number | null;
  /** Tokens after these could not be told: they are a beginning of what was generated. */
  cut: boolean;
}

/** The tokens of a completion in OpenAI's form. Throws EndpointFailure. */
export function tokensTold(choice: Choice, manner: Pick<GenerationManner, "by">, pieces: Pieces): TokensTold {
  const ended = choice.finish_reason === "stop";
  if (!ended && choice.finish_reason !== "length") {
    throw malformed(`a completion ended by ${quoted(choice.finish_reason ?? "")}`);
  }
  const endedBy = [choice.stop_reason, choice.matched_stop].find((each) => typeof each === "number");
  const told = { ended, endedBy: (endedBy as number | undefined) ?? null, cut: false };
  const { logprobs } = choice;
  if (manner.by === "content ids") {
    // Null where there is no token at all.
    const content = logprobs == null ? [] : logprobs.content;
    if (content == null) throw malformed("it holds no ids beside its log-probabilities");
    return { ...told, ids: content.map(({ id }) => id), logprobs: content.map(({ logprob }) => logprob) };
  }
  const values = logprobs?.token_logprobs ?? [];
  if (manner.by === "token_ids") {
    const ids = choice.token_ids;
    if (ids == null) throw malformed("it holds no token_ids");
    return { ...told, ...aligned(ids, values, ended) };
  }
  const texts = logprobs?.tokens ?? [];
  if (texts.length !== values.length)
    throw malformed(`it holds ${texts.length} tokens and ${values.length} log-probabilities`);
  if (manner.by === "token_id strings") {
    const ids = texts.map((text) => Number(/^token_id:(\d{1,9})$/.exec(text)?.[1] ?? Number.NaN));
    if (ids.some(Number.isNaN)) throw malformed("its tokens are not written as token_id:N");
    return { ...told, ids, logprobs: values };
  }
  const ids = texts.map((text) => pieces.idOf(text));
  const unknown = ids.indexOf(null);
  if (unknown === -1) return { ...told, ids: ids as number[], logprobs: values };
  return {
    ended: false,
    endedBy: null,
    cut: true,
    ids: ids.slice(0, unknown) as number[],
    logprobs: values.slice(0, unknown),
  };
}

/** Servers differ in whether the end-of-generation token is among the ids, the log-probabilities, or both. */
function aligned(ids: number[], values: (number | null)[], ended: boolean): Pick<TokensTold, "ids" | "logprobs"> {
  if (ids.length === values.length) return { ids, logprobs: values };
  if (ended && ids.length === values.length + 1) return { ids, logprobs: [...values, null] };
  if (ended && ids.length + 1 === values.length) return { ids, logprobs: values.slice(0, -1) };
  throw malformed(`it holds ${ids.length} token_ids and ${values.length} log-probabilities`);
}

/**
 * The tokens of a completion in llama-server's own form. It tells all ids, but no log-probability of a token after which the text
 * ends inside a character; which those are follows from the tokens' bytes.
 */
export function nativeTokensTold(completion: NativeCompletion, pieces: Pieces): TokensTold {
  const { tokens: ids, completion_probabilities: given, stop_type: stop } = completion;
  let text: Buffer = Buffer.alloc(0);
  let used = 0;
  const logprobs = ids.map((id) => {
    // Only its last bytes decide whether a text is whole.
    text = Buffer.concat([text.subarray(-3), pieces.isControl(id) ? Buffer.alloc(0) : pieces.bytesOf(id)]);
    if (endsInsideCharacter(text)) return null;
    const { id: named, logprob } = given[used++] ?? {};
    if (named !== id) throw malformed(`its completion_probabilities do not belong to its tokens (${named} for ${id})`);
    return logprob ?? null;
  });
  if (used !== given.length) throw malformed("it holds more completion_probabilities than tokens");
  return { ids, logprobs, ended: stop === "eos", endedBy: null, cut: false };
}

/** Whether the last character lacks bytes: a leading byte that announces more than follow it. */
function endsInsideCharacter(text: Uint8Array): boolean {
  for (let back = 1; back <= Math.min(3, text.length); back++) {
    const byte = text[text.length - back] as number;
    const length = byte >= 0xf0 && byte < 0xf8 ? 4 : byte >= 0xe0 ? (byte < 0xf0 ? 3 : 1) : byte >= 0xc0 ? 2 : 1;
    if (length > back) return true;
  }
  return false;
}
