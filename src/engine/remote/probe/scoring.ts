import { type CompletionsAnswer, readCompletions } from "../answers.js";
import { EndpointFailure } from "../failure.js";
import { type Prompt, scoringBody } from "../fields.js";
import type { Endpoint, Fields, Manner, ScoringManner } from "../manner.js";
import type { Pieces } from "../pieces.js";
import { type PromptLogprobs, promptLogprobs } from "../prompt-logprobs.js";
import type { Canary } from "./canary.js";
import { strangeCount, strangeFigures, strangeFirst, strangeOrder, strangeTexts } from "./scoring-checks.js";
import { type Added, addedBefore } from "./texts.js";

/** The ways in which servers tell the log-probabilities of a text; the least work first. */
const MANNERS: readonly ScoringManner[] = [
  { by: "echo", logprobs: 0, maxTokens: 0 },
  { by: "echo", logprobs: 1, maxTokens: 0 },
  { by: "echo", logprobs: 1, maxTokens: 1 },
  { by: "prompt_logprobs", logprobs: 0, maxTokens: 1 },
  { by: "prompt_logprobs", logprobs: 1, maxTokens: 1 },
];

export interface ScoringFound {
  scoring: ScoringManner;
  fields: Fields;
  several: boolean;
  added: Manner["added"];
  /** Log-probabilities of the canary and of the unlikely text: what endpoints of one model must agree on. */
  figures: number[];
}

export type Asking = <T>(ask: () => Promise<T>) => Promise<T>;

export interface ProbeOf {
  endpoint: Endpoint;
  model: string;
  server: string;
  canary: Canary;
  /** Null: texts are sent. */
  pieces: Pieces | null;
  /** Asks again where that may help. */
  persist: Asking;
  signal: AbortSignal;
}

/** How the endpoint scores, or why it cannot be used for it: what it does, to follow its address. */
export async function probeScoring(probe: ProbeOf): Promise<ScoringFound | { reason: string }> {
  const reasons: { reason: string; strong: boolean }[] = [];
  for (const fields of fieldsOf(probe.server)) {
    for (const scoring of MANNERS) {
      try {
        const found = await examine(probe, scoring, fields);
        if (!("reason" in found)) return found;
        reasons.push({ ...found, strong: true });
      } catch (error) {
        if (!(error instanceof EndpointFailure) || error.status === null) throw error;
        reasons.push({ reason: `${error.what}.`, strong: false });
      }
    }
  }
  const strong = reasons.find((each) => each.strong);
  if (strong !== undefined) return { reason: strong.reason };
  const advice = /llama/.test(probe.server)
    ? "llama-server has no log-probabilities of given texts: use it for generating only, and `telltale serve` for scoring."
    : "A server that scores takes `echo` with `logprobs`, or `prompt_logprobs`: vLLM, SGLang and `telltale serve` do.";
  return {
    reason: `tells no log-probabilities of a given text; asked for them, it ${reasons[0]?.reason ?? ""} ${advice}`,
  };
}

export function fieldsOf(server: string): readonly Fields[] {
  return server === "telltale" ? ["telltale"] : ["extended", "plain"];
}

async function examine(
  probe: ProbeOf,
  scoring: ScoringManner,
  fields: Fields,
): Promise<ScoringFound | { reason: string }> {
  const { canary, pieces } = probe;
  const ask = (prompts: readonly Prompt[], addSpecial = true): Promise<CompletionsAnswer> =>
    asked(probe, scoring, fields, prompts, addSpecial);
  const single = await ask([canary.main]);
  const alone = told(single, 0, scoring);
  const ids = typeof canary.main === "string" ? null : canary.main;
  let added: Added = { count: 0, text: "" };
  if (ids === null) {
    const before = addedBefore(canary.main as string, alone, scoring);
    if ("reason" in before) return before;
    added = before;
  } else {
    const strange = strangeCount(alone, ids.length, scoring, single);
    if (strange !== null) return { reason: strange };
  }
  const strange = strangeFirst(alone) ?? strangeFigures(alone) ?? (ids && pieces && strangeTexts(alone, ids, pieces));
  if (strange != null) return { reason: strange };
  const rest = [canary.changed, canary.unlikely];
  const together = await ask([canary.main, ...rest]).catch((error: unknown) => {
    if (!(error instanceof EndpointFailure) || error.status === null) throw error;
    return null;
  });
  const lists: PromptLogprobs[] = [];
  for (const [i, prompt] of rest.entries()) {
    const answer = together ?? (await ask([prompt]));
    lists.push(told(answer, together === null ? 0 : i + 1, scoring));
  }
  const [changed, unlikely] = lists as [PromptLogprobs, PromptLogprobs];
  const order = strangeFigures(changed) ?? strangeFigures(unlikely) ?? strangeOrder(alone, changed, unlikely);
  if (order !== null) return { reason: order };
  const avoidable = added.count > 0 && fields !== "plain" && (await avoids(probe, scoring, fields, added));
  return {
    scoring,
    fields,
    several: together !== null,
    added: { ...added, avoidable },
    figures: [...alone.logprobs, ...unlikely.logprobs].filter((each) => each !== null),
  };
}

function told({ choices }: CompletionsAnswer, place: number, scoring: ScoringManner): PromptLogprobs {
  return promptLogprobs(choices[place] as CompletionsAnswer["choices"][number], scoring);
}

async function asked(
  { endpoint: { url, post }, model, persist, signal }: ProbeOf,
  manner: ScoringManner,
  fields: Fields,
  prompts: readonly Prompt[],
  addSpecial: boolean,
): Promise<CompletionsAnswer> {
  const body = scoringBody({ model, prompts, manner, fields, head: 0, addSpecial });
  const tokens = prompts.reduce((sum, prompt) => sum + prompt.length + 16, 0);
  return persist(async () =>
    readCompletions((await post(`${url}/completions`, body, tokens, signal)).json, prompts.length),
  );
}

/** Whether the endpoint adds nothing to a text when it is asked not to. */
async function avoids(probe: ProbeOf, scoring: ScoringManner, fields: Fields, added: Added): Promise<boolean> {
  const text = probe.canary.main as string;
  const answer = await asked(probe, scoring, fields, [added.text + text], false);
  const before = addedBefore(added.text + text, told(answer, 0, scoring), scoring);
  return !("reason" in before) && before.count === 0;
}
