import { quoted } from "../../../safe-text.js";
import type { CompletionsAnswer } from "../answers.js";
import type { ScoringManner } from "../manner.js";
import type { Pieces } from "../pieces.js";
import { isLogprob, type PromptLogprobs } from "../prompt-logprobs.js";

/**
 * Nats by which the same token may differ from answer to answer: batches change the order of sums. On quantised weights without
 * any batch-invariant kernels some 0.3 have been seen; a figure of another token differs by more than that somewhere.
 */
const NOISE = 0.5;
/** Two tokens in one place do not lie so close but by chance. */
const SAME = 1e-4;
/** More tokens than this beside those sent are a template rather than BOS. */
const MOST_ADDED = 3;
/** So many equal lowest figures are no accident. */
const EQUAL = 3;

/** What is wrong with how many tokens were scored; null: nothing. */
export function strangeCount(
  { logprobs }: PromptLogprobs,
  sent: number,
  { maxTokens }: ScoringManner,
  { usage }: CompletionsAnswer,
): string | null {
  const counted = usage?.prompt_tokens ?? sent;
  const more = Math.max(logprobs.length - maxTokens, counted) - sent;
  if (logprobs.length >= sent && more <= 0) return null;
  if (logprobs.length < sent)
    return `tells the log-probabilities of ${logprobs.length} tokens where ${sent} were sent.`;
  return addedReason(more, sent);
}

/** What tokens beside those that were sent as ids mean. */
export function addedReason(more: number, sent: number): string {
  return more > MOST_ADDED
    ? `makes ${sent + more} tokens of ${sent} token ids, so it seems to apply a chat template. Serve the model's completions without one.`
    : `puts ${more === 1 ? "a token" : `${more} tokens`} before given token ids, as a rule BOS: those are meant to be all. ` +
        "Serve the model so that ids are taken as they are.";
}

export function strangeFirst({ logprobs }: PromptLogprobs): string | null {
  const [first] = logprobs;
  if (first === null) return null;
  return (
    `gives the first token a log-probability (${first}), which nothing stands before: its figures are offset by one, or are ` +
    "none of the text alone. The first entry is to be null."
  );
}

/** Whether all figures but the first are log-probabilities of a whole distribution; why not. */
export function strangeFigures({ logprobs }: PromptLogprobs): string | null {
  const given = logprobs.slice(1);
  const without = given.filter((value) => !isLogprob(value));
  if (without.length > 0) {
    return (
      `gives ${without.length} of ${given.length} tokens no log-probability (${without[0]} in its place), as a server does that ` +
      "keeps those of the likeliest tokens only. Switch that off: every token's is needed."
    );
  }
  const lowest = Math.min(...(given as number[]));
  if (lowest < -1 && given.filter((value) => value === lowest).length > EQUAL) {
    return `gives many tokens the same lowest log-probability (${lowest}), so it does not tell those of unlikely tokens.`;
  }
  return given.every((value) => value === 0) ? "gives every token of a text the log-probability 0." : null;
}

/**
 * Whether a token's figure depends on that token and on nothing after it. `changed` is `main` with another end, `unlikely` the same
 * tokens the other way round.
 */
export function strangeOrder(main: PromptLogprobs, changed: PromptLogprobs, unlikely: PromptLogprobs): string | null {
  const { texts } = main;
  const same = changed.texts.findIndex((text, i) => text !== texts[i]);
  const ids = changed.ids?.findIndex((id, i) => id !== main.ids?.[i]);
  // Where neither texts nor ids tell, it is the last token that was changed.
  const place = [ids, same].find((each) => each !== undefined && each >= 0) ?? changed.logprobs.length - 1;
  const difference = (i: number): number => Math.abs((main.logprobs[i] ?? 0) - (changed.logprobs[i] ?? 0));
  const early = Array.from({ length: place }, (_, i) => i).find((i) => difference(i) > NOISE);
  if (early !== undefined) {
    return early === place - 1
      ? "gives each token the log-probability of the one after it: its figures are offset by one."
      : "gives a token another log-probability when a later one changes, so its figures are not those of a text read once.";
  }
  if (difference(place) < SAME) {
    return "gives another token the same log-probability, so its figures are not those of the tokens beside them: offset by one.";
  }
  const mean = ({ logprobs }: PromptLogprobs): number =>
    logprobs.reduce<number>((sum, value) => sum + (value ?? 0), 0) / Math.max(1, logprobs.length - 1);
  return mean(unlikely) < mean(main)
    ? null
    : "finds a text no likelier than its words the other way round, so its figures are not those of the text that was sent.";
}

/** Whether token texts are those of the vocabulary; why not. What is not ASCII, or is not told, proves nothing. */
export function strangeTexts({ texts }: PromptLogprobs, ids: readonly number[], pieces: Pieces): string | null {
  const letters = (text: string): string => text.replace(/^token_id:\d+$/, "").replace(/[^!-~]/g, "");
  for (const [i, id] of ids.entries()) {
    const [theirs, ours] = [letters(texts[i] ?? ""), letters(pieces.bytesOf(id).toString("utf8"))];
    if (theirs !== "" && ours !== "" && theirs !== ours) {
      return otherVocabulary(
        `token ${id} is ${quoted(theirs, 40)} there and ${quoted(ours, 40)} in the vocabulary given`,
      );
    }
  }
  return null;
}

export function otherVocabulary(what: string): string {
  return `has another vocabulary: ${what}. Give --finetuned-tokenizer or --reference-tokenizer a GGUF file of the model it serves.`;
}
