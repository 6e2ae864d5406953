import { ATTRIBUTE, piecesOf, tokenOfByte } from "../engine/bytes/pieces.js";
import { decodeText } from "../engine/vocabulary.js";
import { TelltaleError } from "../errors.js";
import { formatCount } from "../numbers.js";
import { quoted } from "../safe-text.js";
import { failed, type HealthCheck, healthy, warned } from "./report.js";
import { randomTexts, VARIED_TEXTS } from "./sample-texts.js";
import type { Patient } from "./scoring.js";

const RANDOM_TEXTS = 200;
const LONGEST_TEXT = 24;
const SHOWN = 3;
const CONVERT_AGAIN = "convert the model again from its original files with llama.cpp's convert_hf_to_gguf.py";

/** Bytes that no UTF-8 holds. */
const NEVER_IN_TEXT = (byte: number): boolean => byte === 0xc0 || byte === 0xc1 || byte > 0xf4;

/** Bytes for which there is no token of their own: a character that is no token itself is then lost, or ends the tokenising. */
export function byteTokensCheck({ engine, vocabulary }: Patient): HealthCheck {
  const pieces = piecesOf(vocabulary, engine.facts.model);
  const bytes = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => !NEVER_IN_TEXT(byte));
  const missing = bytes.filter((byte) => tokenOfByte(pieces, byte) === undefined);
  if (missing.length === 0) return healthy("byte tokens", "every byte that text can hold has a token of its own");
  const detail = `${missing.length} of the ${bytes.length} bytes that text can hold have no token of their own: ${ranges(missing)}`;
  const remedy =
    "leave text with characters outside the vocabulary out of the corpus; it is refused or comes back changed";
  return warned("byte tokens", detail, remedy);
}

/** e.g. "0x80-0x8F, 0xFF" */
function ranges(bytes: readonly number[]): string {
  const hex = (byte: number): string => `0x${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  const runs: [number, number][] = [];
  for (const byte of bytes) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] === byte - 1) last[1] = byte;
    else runs.push([byte, byte]);
  }
  const shown = runs.slice(0, 8).map(([from, to]) => (from === to ? hex(from) : `${hex(from)}-${hex(to)}`));
  return runs.length > shown.length ? `${shown.join(", ")}, ...` : shown.join(", ");
}

/** Ids out of range are refused with the file; here: that there is an end, and that it is none of the tokens of text. */
export function endCheck({ engine, vocabulary }: Patient): HealthCheck {
  const { eos, eot } = engine.facts.model;
  const ends = [...new Set([eos, eot])].filter((id) => id >= 0);
  if (ends.length === 0) {
    const remedy = "expect completions of full length only, or convert the model again";
    return warned("end of generation", "the vocabulary names no token that ends a text", remedy);
  }
  const described = ends.map((id) => `${id}, ${quoted(decodeText(vocabulary, [id]))}`);
  const ordinary = ends.findIndex(
    (id) => ((vocabulary.attributes[id] ?? 0) & (ATTRIBUTE.normal | ATTRIBUTE.byte)) !== 0,
  );
  if (ordinary >= 0) {
    const detail = `the text ends at token ${described[ordinary]}, which is marked as ordinary text`;
    return warned("end of generation", detail, "expect completions to end there, or convert the model again");
  }
  return healthy("end of generation", `token ${described.join(" and token ")}`);
}

/** Texts of many kinds and random Unicode, to tokens and back. */
export async function roundTripCheck({ engine }: Patient): Promise<HealthCheck> {
  const varied = Object.entries(VARIED_TEXTS);
  const random = randomTexts(RANDOM_TEXTS, LONGEST_TEXT).map((text): [string, string] => ["random Unicode", text]);
  const changed: string[] = [];
  let refused = 0;
  for (const [kind, text] of [...varied, ...random]) {
    const back = await thereAndBack({ engine }, text);
    if (back === null) refused += 1;
    if (back === null || !sameText(back, text)) changed.push(kind);
  }
  const count = formatCount(varied.length + random.length);
  if (changed.length === 0)
    return healthy("round trip", `${count} texts, ${RANDOM_TEXTS} of them random Unicode, come back as they were`);
  const kinds = [...new Set(changed)];
  const shown = `${kinds.slice(0, SHOWN).join(", ")}${kinds.length > SHOWN ? ` and ${kinds.length - SHOWN} more kinds` : ""}`;
  const how = refused === 0 ? "come back changed" : `come back changed, ${formatCount(refused)} of them not at all`;
  const detail = `${formatCount(changed.length)} of ${count} texts ${how}: ${shown}`;
  if (kinds.includes("English")) return failed("round trip", detail, CONVERT_AGAIN);
  return warned(
    "round trip",
    detail,
    "prefills and completions with such characters are not what they seem: look at their tokens",
  );
}

/** null: the vocabulary lacks a character, and byte tokens. */
async function thereAndBack({ engine }: Pick<Patient, "engine">, text: string): Promise<Uint8Array | null> {
  try {
    const [bytes = new Uint8Array(0)] = await engine.detokenize(await engine.tokenize([text]));
    return bytes;
  } catch (error) {
    if (error instanceof TelltaleError && error.code === "BAD_MODEL") return null;
    throw error;
  }
}

/** SentencePiece puts a space before every text. */
function sameText(bytes: Uint8Array, text: string): boolean {
  const back = Buffer.from(bytes);
  return back.equals(Buffer.from(text)) || back.equals(Buffer.from(` ${text}`));
}
