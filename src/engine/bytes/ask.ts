import { TelltaleError } from "../../errors.js";
import type { Tokenizer } from "../engine.js";
import { matchPieces, type Pieces } from "./pieces.js";
import { textOf } from "./utf8.js";

/** A well-formed part of a text that is to be tokenised by itself. */
export interface TextPart {
  bytes: Uint8Array;
  start: number;
  end: number;
}

/** What a tokenizer makes of a part: how much of it, from its start, the tokens say byte for byte. */
export interface Answer {
  tokens: Int32Array;
  /** Where the tokens start: at the part's first byte, or at -1 for a space that is no byte of the text. */
  start: number;
  /** Byte of the text after the last of them. */
  end: number;
}

/** How a tokenizer has to be asked. */
export interface Manner {
  /** It puts a space before every text. */
  addsSpace: boolean;
  /** Texts that can be put before a part without becoming one token with it, so that the added space is not the part's. */
  leads: readonly string[];
}

/** Texts to try as such; a line's end is the least likely to be merged with anything. */
const LEADS = ["\n", ".", "a"];
const SAMPLES = ["a", "e", "1", "."];
/** Texts of one call: what crosses to a child process or to a server at once. */
const MOST_TEXTS = 2048;

/** Finds out by trying. */
export async function mannerOf(tokenizer: Tokenizer, pieces: Pieces): Promise<Manner> {
  const samples = await tokenizeEach(tokenizer, SAMPLES);
  const addsSpace = samples.some((tokens, i) => tokens !== null && says(pieces, tokens, ` ${SAMPLES[i]}`));
  if (!addsSpace) return { addsSpace, leads: [] };
  const answers = await tokenizeEach(
    tokenizer,
    LEADS.map((lead) => `${lead}e`),
  );
  const leads = LEADS.filter((lead, i) => {
    const tokens = answers[i] ?? null;
    if (tokens === null || !says(pieces, tokens, ` ${lead}e`)) return false;
    return afterLead(pieces, tokens, lead) !== null;
  });
  return { addsSpace, leads };
}

/**
 * Asks a tokenizer for many parts at once. Where it puts a space before every text, the space that a text begins with stands
 * for it, and a part from the middle of a text is asked for behind another text.
 */
export async function askForParts(
  tokenizer: Tokenizer,
  pieces: Pieces,
  { addsSpace, leads }: Manner,
  parts: readonly TextPart[],
): Promise<Answer[]> {
  const questions = parts.map((part) => {
    const text = textOf(part.bytes, part.start, part.end);
    if (!addsSpace) return { text, lead: null, start: part.start };
    if (part.start === 0) {
      return text.startsWith(" ") ? { text: text.slice(1), lead: null, start: 0 } : { text, lead: null, start: -1 };
    }
    const lead = leads.find((each) => !text.startsWith(each)) ?? null;
    // Without a lead the space cannot be told from the text's own.
    return lead === null ? null : { text: lead + text, lead, start: part.start };
  });
  const asked = questions.flatMap((question) => (question === null ? [] : [question.text]));
  const answers = (await tokenizeEach(tokenizer, asked)).values();
  return parts.map((part, i) => {
    const question = questions[i] ?? null;
    const tokens = question === null ? null : (answers.next().value ?? null);
    const nothing = { tokens: new Int32Array(0), start: part.start, end: part.start };
    if (question === null || tokens === null) return nothing;
    const first = question.lead === null ? 0 : afterLead(pieces, tokens, question.lead);
    if (first === null) return nothing;
    const { count, at } = matchPieces(pieces, tokens, first, part.bytes, question.start, part.end);
    return at <= part.start ? nothing : { tokens: tokens.slice(first, first + count), start: question.start, end: at };
  });
}

/** Tokens of each text; null where the vocabulary lacks a character and byte tokens. */
async function tokenizeEach(tokenizer: Tokenizer, texts: readonly string[]): Promise<(Int32Array | null)[]> {
  if (texts.length > MOST_TEXTS) {
    const parts: (Int32Array | null)[][] = [];
    for (let at = 0; at < texts.length; at += MOST_TEXTS) {
      parts.push(await tokenizeEach(tokenizer, texts.slice(at, at + MOST_TEXTS)));
    }
    return parts.flat();
  }
  if (texts.length === 0) return [];
  try {
    return await tokenizer.tokenize(texts);
  } catch (error) {
    if (!(error instanceof TelltaleError) || error.code !== "BAD_MODEL") throw error;
    if (texts.length === 1) return [null];
    const half = texts.length >> 1;
    return [
      ...(await tokenizeEach(tokenizer, texts.slice(0, half))),
      ...(await tokenizeEach(tokenizer, texts.slice(half))),
    ];
  }
}

function says(pieces: Pieces, tokens: Int32Array, text: string): boolean {
  const bytes = Buffer.from(text);
  const { count, at } = matchPieces(pieces, tokens, 0, bytes, 0, bytes.length);
  return count === tokens.length && at === bytes.length;
}

/** The number of tokens that a lead and the space before it take; null where none of them ends with it. */
function afterLead(pieces: Pieces, tokens: Int32Array, lead: string): number | null {
  const bytes = Buffer.from(` ${lead}`);
  const { count, at } = matchPieces(pieces, tokens, 0, bytes, 0, bytes.length);
  return at === bytes.length ? count : null;
}
