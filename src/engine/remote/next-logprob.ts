import { readNativeCompletions } from "./answers.js";
import type { ProbedEndpoint } from "./manner.js";
import type { Pieces } from "./pieces.js";
import { isLogprob } from "./prompt-logprobs.js";
import { askScores } from "./score.js";

/** Nats by which llama-server lifts the token that it is made to take. */
const FORCED = 1e5;

/**
 * log p(token | before), nats, of a token whose log-probability was not told with it; null where the endpoint cannot be asked.
 *
 * A server that scores is asked to score it. llama-server, which does not, lists likely tokens beside the one that it takes: so it
 * is made to take a harmless one (its own list is made before such a bias), first with a short list and then with all tokens.
 */
export async function nextLogprob(
  endpoint: ProbedEndpoint,
  before: readonly number[],
  token: number,
  pieces: Pieces,
  signal: AbortSignal,
): Promise<number | null> {
  const { manner, root, post } = endpoint;
  if (manner.scoring !== null) {
    const [score] = await askScores(endpoint, [{ item: 0, tokens: [...before, token], targets: 1 }], 0, signal);
    return score?.logprobs[0] ?? null;
  }
  if (manner.generation?.native !== true) return null;
  for (const candidates of [16, pieces.size]) {
    const body = {
      prompt: [before],
      n_predict: 1,
      n_probs: candidates,
      return_tokens: true,
      temperature: 0,
      logit_bias: [[pieces.plain, FORCED]],
    };
    const { json } = await post(`${root}/completion`, body, candidates + 1, signal);
    const [answer] = readNativeCompletions(json, 1);
    const found = answer?.completion_probabilities[0]?.top_logprobs.find(({ id }) => id === token);
    if (isLogprob(found?.logprob)) return found.logprob;
  }
  return null;
}
