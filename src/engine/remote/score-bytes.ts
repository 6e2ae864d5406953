import { isUtf8 } from "node:buffer";
import type { ByteItem, ByteScore } from "../bytes/types.js";
import { readCompletions } from "./answers.js";
import { EndpointFailure, malformed, unsuitable } from "./failure.js";
import { scoringBody } from "./fields.js";
import type { Manner, ProbedEndpoint } from "./manner.js";
import { isLogprob, type PromptLogprobs, promptLogprobs } from "./prompt-logprobs.js";
import { type Run, walk } from "./walk.js";

/** A text as it is sent. */
export interface TextEntry {
  item: number;
  text: string;
  /** Byte of it where the targets begin, and how many bytes they have in all. */
  begin: number;
}

/** The text of an item, or why it has none. */
export function textEntry(head: string, { context, targets }: ByteItem, item: number): TextEntry | ByteScore {
  const before = Buffer.byteLength(head) + context.length;
  const whole = wholeCharacters(Buffer.concat([Buffer.from(head), context, targets]));
  if (whole === null || whole.length <= before) return withoutFigures(item, "not expressible");
  return { item, text: whole.toString("utf8"), begin: before };
}

/** The bytes without a character that is broken off at their end; null where others are broken. */
function wholeCharacters(bytes: Buffer): Buffer | null {
  if (isUtf8(bytes)) return bytes;
  for (let cut = 1; cut <= Math.min(3, bytes.length); cut++) {
    const lead = bytes[bytes.length - cut] as number;
    if ((lead & 0xc0) === 0x80) continue;
    const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    const kept = bytes.subarray(0, bytes.length - cut);
    return lead >= 0xc2 && lead <= 0xf4 && cut < length && isUtf8(kept) ? kept : null;
  }
  return null;
}

export function withoutFigures(item: number, problem: Exclude<ByteScore["problem"], null>): ByteScore {
  return { item, problem, tokens: null, first: 0, ends: new Uint32Array(0), logprobs: new Float32Array(0) };
}

/**
 * Asks one endpoint for the scores of a group of texts. `head` is their common beginning. Where it begins with BOS, the server is
 * asked to add none; one that adds it nevertheless gets the texts without it. What looks like a special token in a text is one to
 * most servers: they have no way of being told otherwise.
 */
export async function askByteScores(
  endpoint: ProbedEndpoint,
  entries: readonly TextEntry[],
  head: string,
  signal: AbortSignal,
): Promise<ByteScore[]> {
  try {
    const scores: ByteScore[] = [];
    for (const part of endpoint.manner.several ? [entries] : entries.map((entry) => [entry])) {
      scores.push(...(await askTogether(endpoint, part, head, signal)));
    }
    return scores;
  } catch (error) {
    if (!(error instanceof EndpointFailure) || error.kind !== "too long") throw error;
    // Which text was too long is not told: halves are asked for until it stands alone.
    if (entries.length === 1) return entries.map(({ item }) => withoutFigures(item, "longer than the context"));
    const middle = Math.ceil(entries.length / 2);
    return [
      ...(await askByteScores(endpoint, entries.slice(0, middle), head, signal)),
      ...(await askByteScores(endpoint, entries.slice(middle), head, signal)),
    ];
  }
}

async function askTogether(
  { url, post, manner }: ProbedEndpoint,
  entries: readonly TextEntry[],
  head: string,
  signal: AbortSignal,
): Promise<ByteScore[]> {
  const { scoring, model, fields } = manner;
  if (scoring === null) throw unsuitable(url, "was opened for generating only.");
  const { leftOut, addSpecial, added } = specialOf(manner, head);
  if (manner.added.count > 0 && head !== "" && manner.added.text === "") {
    throw unsuitable(
      url,
      "puts a token before texts without saying which, so that a text with BOS of its own would have two.",
    );
  }
  const prompts = entries.map(({ text }) => text.slice(leftOut.length));
  const tokens = prompts.reduce((sum, prompt) => sum + Buffer.byteLength(prompt) + 2, 0);
  const body = scoringBody({ model, prompts, manner: scoring, fields, head: 0, addSpecial });
  const { choices } = readCompletions((await post(`${url}/completions`, body, tokens, signal)).json, prompts.length);
  return entries.map((entry, i) => {
    const choice = choices[i] as (typeof choices)[number];
    const text = prompts[i] as string;
    if (scoring.by === "echo" && !choice.text.startsWith(text)) throw malformed("it echoes another text than was sent");
    const told = promptLogprobs(choice, scoring);
    const laid = layOut(Buffer.from(text), told, added, scoring.maxTokens);
    if (laid === null) return withoutFigures(entry.item, "not told apart");
    return byteScore(entry.item, laid, entry.begin - Buffer.byteLength(leftOut));
  });
}

/** Who puts BOS before the text: the head where it begins with it, as many chat templates do; else the server, as it sees fit. */
function specialOf({ added, fields }: Manner, head: string): { leftOut: string; addSpecial: boolean; added: number } {
  const isThere = head !== "" && added.count > 0 && head.startsWith(added.text);
  if (!isThere) return { leftOut: "", addSpecial: true, added: added.count };
  if (fields !== "plain" && added.avoidable) return { leftOut: "", addSpecial: false, added: 0 };
  return { leftOut: added.text, addSpecial: true, added: added.count };
}

interface LaidOut {
  runs: Run[];
  /** Number [runs]: nats, the sum over a run's tokens; null where one of them has none. */
  logprobs: (number | null)[];
}

/** The tokens of a prompt laid out over its text: without those added before it, and without a generated one after it. */
export function layOut(text: Uint8Array, told: PromptLogprobs, added: number, generated: number): LaidOut | null {
  for (let left = generated; left >= 0; left--) {
    const count = told.texts.length - left;
    const runs = walk(text, told.texts.slice(added, count));
    if (runs === null) continue;
    const values = told.logprobs.slice(added, count);
    return { runs, logprobs: runs.map(({ first, after }) => sum(values.slice(first, after))) };
  }
  return null;
}

function sum(values: readonly (number | null)[]): number | null {
  return values.reduce((total, value) => (total === null || value === null ? null : total + value), 0);
}

/** The figures of the runs that begin at or after byte `begin`. A run that begins before it is left out whole. */
function byteScore(item: number, { runs, logprobs }: LaidOut, begin: number): ByteScore {
  const from = runs.findIndex(({ start }, i) => start >= begin && !(i === 0 && logprobs[0] === null));
  const kept = from === -1 ? [] : runs.slice(from);
  const [first] = kept;
  if (first === undefined) return withoutFigures(item, "not told apart");
  const values = logprobs.slice(from);
  const bad = values.find((value) => !isLogprob(value));
  if (bad !== undefined) throw malformed(`it holds ${bad} for the log-probability of a token`);
  return {
    item,
    problem: null,
    tokens: null,
    first: first.start - begin,
    ends: Uint32Array.from(kept, ({ end }) => end - begin),
    logprobs: Float32Array.from(values as number[]),
  };
}
