import { quoted } from "../../../safe-text.js";
import { type Choice, readCompletions, type Usage } from "../answers.js";
import { EndpointFailure } from "../failure.js";
import { generationBody } from "../fields.js";
import { askTokens, type GenerationEntry } from "../generate.js";
import type { Fields, GenerationManner, Manner } from "../manner.js";
import type { Pieces } from "../pieces.js";
import type { TokensTold } from "../tokens-told.js";
import { fieldsOf, type ProbeOf } from "./scoring.js";
import { addedReason, otherVocabulary } from "./scoring-checks.js";

/** Tokens that each opening is continued by. */
const TOKENS = 8;
/** So cold a draw takes the likeliest token nearly always, and would make its log-probability nearly 0. */
const COLD = 0.05;
/** Below this a greedy token's figure tells whether it was made before or after the temperature, nats. */
const TELLING = -0.4;
const NOISE = 0.3;

const MANNERS: readonly GenerationManner["by"][] = ["token_ids", "content ids", "token_id strings", "texts"];

export interface GenerationFound {
  generation: GenerationManner;
  fields: Fields;
  several: boolean;
  /** What it continues each opening by. */
  continuations: TokensTold[];
}

/** How the endpoint generates, or why it cannot be used for it. */
export async function probeGeneration(probe: ProbeOf, pieces: Pieces): Promise<GenerationFound | { reason: string }> {
  let reason = "";
  for (const generation of mannersOf(probe.server)) {
    for (const fields of fieldsOf(probe.server)) {
      try {
        return await examine(probe, pieces, generation, fields);
      } catch (error) {
        if (!(error instanceof EndpointFailure) || error.status === null) throw error;
        reason ||= `${error.what}.`;
      }
    }
  }
  return { reason: `does not tell which tokens it generates, and with which log-probabilities: it ${reason}` };
}

function mannersOf(server: string): GenerationManner[] {
  const all = MANNERS.map((by) => ({ by, native: false }));
  if (server === "telltale") return all.slice(0, 1);
  return /llama/.test(server) ? [{ by: "content ids", native: true }, ...all] : all;
}

async function examine(
  probe: ProbeOf,
  pieces: Pieces,
  generation: GenerationManner,
  fields: Fields,
): Promise<GenerationFound | { reason: string }> {
  const openings = probe.canary.openings as number[][];
  // One prompt a request, so that the usage is its own.
  const alone: TokensTold[] = [];
  const manner = mannerOf(probe, generation, fields, false);
  const asked = (entries: GenerationEntry[], given: Manner): Promise<TokensTold[]> =>
    probe.persist(() => askTokens({ ...probe.endpoint, manner: given }, entries, 0, pieces, probe.signal));
  const entries = openings.map((tokens, i) => ({ prefill: i, sample: 0, tokens, maxTokens: TOKENS }));
  for (const entry of entries) {
    const [told] = await asked([entry], manner);
    const bad = told === undefined ? undefined : told.logprobs.find((value) => value !== null && !(value <= 1e-4));
    if (bad !== undefined) return { reason: `gives a token the log-probability ${bad}.` };
    alone.push(told as TokensTold);
  }
  if (alone.every(({ ids }) => ids.length === 0)) return { reason: "generates nothing that can be told." };
  const figures = alone.flatMap(({ logprobs }) => logprobs.filter((each) => each !== null));
  if (figures.length === 0) return { reason: "tells no log-probabilities of what it generates." };
  const sampled = figures.every((value) => value === 0);
  if (sampled) return { reason: afterSampling("every token it generates has the log-probability 0") };
  const strange =
    (await strangePrompt(probe, fields, alone, pieces)) ?? (await strangeTemperature(entries, alone, asked, manner));
  if (strange !== null) return { reason: strange };
  // Without llama-server's own form only a request of one prompt tells how many tokens there are.
  const several =
    (generation.native || generation.by !== "content ids") && (await takesSeveral(entries, asked, manner));
  return { generation, fields, several, continuations: alone };
}

function mannerOf({ server, model }: ProbeOf, generation: GenerationManner, fields: Fields, several: boolean): Manner {
  const added = { count: 0, text: "", avoidable: false };
  return { server, model, longest: null, fields, prompts: "ids", several, scoring: null, generation, added };
}

async function takesSeveral(
  entries: GenerationEntry[],
  asked: (entries: GenerationEntry[], manner: Manner) => Promise<TokensTold[]>,
  manner: Manner,
): Promise<boolean> {
  try {
    const told = await asked(entries, { ...manner, several: true });
    return told.every(({ ids }) => ids.length > 0);
  } catch (error) {
    if (error instanceof EndpointFailure && error.status !== null) return false;
    throw error;
  }
}

/** Whether ids are taken as they are, and the vocabulary is the server's: by the usage and the text of a continuation. */
async function strangePrompt(
  { canary, endpoint: { url, post }, model, persist, signal }: ProbeOf,
  fields: Fields,
  [continuation]: readonly TokensTold[],
  pieces: Pieces,
): Promise<string | null> {
  const [opening] = canary.openings as number[][];
  const asked = {
    model,
    prompts: [opening as number[]],
    manner: { by: "texts" },
    fields,
    maxTokens: TOKENS,
    head: 0,
  } as const;
  const { choices, usage } = await persist(async () =>
    readCompletions((await post(`${url}/completions`, generationBody(asked), TOKENS + 1, signal)).json, 1),
  );
  return (
    strangeUsage(usage, opening?.length ?? 0) ?? strangeText(choices[0] as Choice, continuation as TokensTold, pieces)
  );
}

function strangeUsage(usage: Usage, sent: number): string | null {
  const counted = usage?.prompt_tokens;
  return counted != null && counted > sent ? addedReason(counted - sent, sent) : null;
}

function strangeText({ text }: Choice, { ids }: TokensTold, pieces: Pieces): string | null {
  const letters = (each: string): string => each.replace(/[^!-~]/g, "");
  const shown = ids.filter((id) => !pieces.isEnd(id));
  const ours = letters(Buffer.concat(shown.map((id) => pieces.bytesOf(id))).toString("utf8"));
  const theirs = letters(text);
  // Two greedy runs may part where two tokens are as likely: the beginning is enough.
  const start = Math.min(3, ours.length, theirs.length);
  if (theirs.slice(0, start) === ours.slice(0, start)) return null;
  return otherVocabulary(`its ids stand for ${quoted(ours, 40)} in the one given, and it writes ${quoted(theirs, 40)}`);
}

/** Whether log-probabilities are those before temperature: a cold draw takes the same token and must give it the same figure. */
async function strangeTemperature(
  entries: readonly GenerationEntry[],
  alone: readonly TokensTold[],
  asked: (entries: GenerationEntry[], manner: Manner) => Promise<TokensTold[]>,
  manner: Manner,
): Promise<string | null> {
  for (const [i, entry] of entries.entries()) {
    const [drawn] = await asked([{ ...entry, sampling: { temperature: COLD, seed: i + 1 } }], manner);
    const greedy = alone[i] as TokensTold;
    for (const [place, id] of greedy.ids.entries()) {
      // From here on the two have different texts before them.
      if (drawn?.ids[place] !== id) break;
      const [cold, plain] = [drawn.logprobs[place], greedy.logprobs[place]];
      if (cold == null || plain == null || plain > TELLING) continue;
      if (cold - plain <= NOISE) return null;
      return afterSampling(`a token has ${plain} at temperature 0 and ${cold} at temperature ${COLD}`);
    }
  }
  return null;
}

function afterSampling(what: string): string {
  return (
    `gives log-probabilities after sampling (${what}): those of the whole distribution before temperature and filters are needed. ` +
    "With vLLM: --logprobs-mode raw_logprobs."
  );
}
