import { TelltaleError } from "../../errors.js";
import type { Score, ScoreRequest } from "../engine.js";
import { readCompletions } from "./answers.js";
import { unsuitable } from "./failure.js";
import { scoringBody } from "./fields.js";
import type { ProbedEndpoint } from "./manner.js";
import { checkedLogprobs, promptLogprobs } from "./prompt-logprobs.js";

/** An item as it is sent: all its tokens, of which the last ones are scored. */
export interface ScoreEntry {
  item: number;
  tokens: readonly number[];
  targets: number;
}

/** The items of a request as they are sent. Throws BAD_ARGUMENT for one that no server could score. */
export function scoreEntries({ head, items }: ScoreRequest, longest: number | null): ScoreEntry[] {
  return items.map(({ context, targets }, item) => {
    const tokens = [...head, ...context, ...targets];
    if (targets.length === 0) throw wrong(`Item ${item} has no token to score.`);
    if (tokens.length === targets.length)
      throw wrong(`Item ${item} has neither head nor context: it needs a token before.`);
    if (longest !== null && tokens.length > longest) {
      throw wrong(`Item ${item} has ${tokens.length} tokens, more than the ${longest} that the servers take.`);
    }
    return { item, tokens, targets: targets.length };
  });
}

function wrong(sentence: string): TelltaleError {
  return new TelltaleError("BAD_ARGUMENT", sentence, { phase: "score" });
}

/** Asks one endpoint for the scores of a group of items, in their order. */
export async function askScores(
  { url, post, manner }: ProbedEndpoint,
  entries: readonly ScoreEntry[],
  head: number,
  signal: AbortSignal,
): Promise<Score[]> {
  const { scoring } = manner;
  if (scoring === null) throw unsuitable(url, "was opened for generating only.");
  const scores: Score[] = [];
  for (const part of manner.several ? [entries] : entries.map((entry) => [entry])) {
    const prompts = part.map((entry) => entry.tokens);
    const tokens = prompts.reduce((sum, prompt) => sum + prompt.length + 1, 0);
    const { model, fields } = manner;
    // A Telltale server tells nothing of the token right after a shared prefix: what is scored begins one token later at least.
    const shared = Math.min(head, ...part.map((entry) => entry.tokens.length - entry.targets - 1));
    const body = scoringBody({ model, prompts, manner: scoring, fields, head: shared, addSpecial: false });
    const { choices } = readCompletions((await post(`${url}/completions`, body, tokens, signal)).json, prompts.length);
    for (const [i, entry] of part.entries()) {
      const { logprobs } = promptLogprobs(choices[i] as (typeof choices)[number], scoring, entry.tokens);
      scores.push({ item: entry.item, logprobs: checkedLogprobs(logprobs.slice(-entry.targets)) });
    }
  }
  return scores;
}
