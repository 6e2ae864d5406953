import { decode } from "../engine/vocabulary.js";
import { longestMatch } from "./longest-match.js";
import { failed, type HealthCheck, healthy, warned } from "./report.js";
import { PLAIN_TEXT } from "./sample-texts.js";
import { itemsOf, logprobsOf, type Patient } from "./scoring.js";

/** Bits per byte of plain English: a model of a million parameters needs some 1.5, one of a billion under 1. */
export const DEFAULT_MAX_BITS_PER_BYTE = 2;
/** A model that needs this share of what its tokens in any order cost has learnt nothing of their order. */
const NO_ORDER = 0.9;

/** How likely the model finds a plain English text, cut in three ways. */
interface TextFigures {
  /** Bits per byte, in the tokens that the model's tokenizer makes of it. */
  own: number;
  /** In the longest pieces of the vocabulary. */
  longest: number;
  /** In the tokenizer's tokens, out of order. */
  shuffled: number;
  /** The tokenizer's tokens are the longest pieces. */
  same: boolean;
}

/**
 * "bits per byte" against a threshold, and "tokenizer": whether the tokens that llama.cpp makes of a text are those that the model
 * was trained with. Those suit a model better than any others; where the longest pieces suit it better, they are not.
 */
export async function textChecks(patient: Patient, maxBitsPerByte: number): Promise<HealthCheck[]> {
  const figures = await textFigures(patient);
  return [bitsCheck(figures, maxBitsPerByte), tokenizerCheck(figures)];
}

async function textFigures(patient: Patient): Promise<TextFigures> {
  const { engine, vocabulary, room } = patient;
  const [tokens = new Int32Array(0)] = await engine.tokenize([PLAIN_TEXT]);
  const own = tokens.slice(0, room);
  const longest = longestMatch(vocabulary, decode(vocabulary, own));
  const sequences = [own, longest, shuffled(own)];
  const items = itemsOf(patient, sequences);
  const logprobs = await logprobsOf(patient, items);
  const bits = items.map(({ targets }, i) => {
    const nll = -(logprobs[i] ?? new Float32Array(0)).reduce((sum, logprob) => sum + logprob, 0);
    return nll / Math.LN2 / decode(vocabulary, targets).length;
  });
  const same = longest.length === own.length && own.every((token, i) => token === longest[i]);
  return { own: bits[0] ?? 0, longest: bits[1] ?? 0, shuffled: bits[2] ?? 0, same };
}

function bitsCheck({ own, shuffled }: TextFigures, most: number): HealthCheck {
  const found = `${own.toFixed(2)} on plain English`;
  if (own >= NO_ORDER * shuffled) {
    const detail = `${found}, ${shuffled.toFixed(2)} on its tokens out of order: the model tells text from noise hardly or not at all`;
    const remedy = "the weights are broken or untrained: download or convert the model again";
    return failed("bits per byte", detail, remedy);
  }
  if (own > most) {
    const remedy =
      "a sound model of English needs less: look for another conversion, or raise the threshold if it never learnt English";
    return warned("bits per byte", `${found}, more than ${most}`, remedy);
  }
  return healthy("bits per byte", `${found}, ${most} at most expected`);
}

function tokenizerCheck({ own, longest, shuffled, same }: TextFigures): HealthCheck {
  if (same) return healthy("tokenizer", "cuts text into the longest pieces there are");
  const found = `${own.toFixed(2)} bits a byte in its own tokens, ${longest.toFixed(2)} in the longest pieces`;
  if (own >= NO_ORDER * shuffled)
    return healthy("tokenizer", `${found}: not told by a model that does not know the text`);
  if (own < longest) return healthy("tokenizer", found);
  const detail = `${found}: the model was trained with other tokens than llama.cpp makes of text`;
  const remedy =
    "convert the model again from its original files: the file's scores, merges or pre-tokenizer are wrong";
  return warned("tokenizer", detail, remedy);
}

/** In an order that is always the same (Fisher and Yates, with the multiplier of Park and Miller). */
function shuffled(tokens: Int32Array): Int32Array {
  const mixed = tokens.slice();
  let state = 1;
  for (let i = mixed.length - 1; i > 0; i -= 1) {
    state = (state * 48_271) % 0x7fffffff;
    const other = state % (i + 1);
    const token = mixed[i] as number;
    mixed[i] = mixed[other] as number;
    mixed[other] = token;
  }
  return mixed;
}
