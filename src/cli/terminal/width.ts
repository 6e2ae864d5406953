/** Printable ASCII, where a character is a column. */
const ASCII = /^[ -~]*$/;
/** Drawn onto the character before: marks, format characters, the vowels and finals of a Korean syllable. */
const ZERO = /^[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff\ud7b0-\ud7ff]$/u;
/** Two columns: East Asian Wide and Fullwidth. Blocks are taken whole, unassigned characters included. */
const WIDE = new RegExp(
  `^[\\p{Emoji_Presentation}\\u1100-\\u115f\\u2329\\u232a\\u2630-\\u2637\\u268a-\\u268f\\u2e80-\\u303e\\u3041-\\ua4cf\\ua960-\\ua97f${[
    "\\uac00-\\ud7a3\\uf900-\\ufaff\\ufe10-\\ufe19\\ufe30-\\ufe6f\\uff01-\\uff60\\uffe0-\\uffe6\\u{16fe0}-\\u{18dff}",
    "\\u{1aff0}-\\u{1b2ff}\\u{1d300}-\\u{1d376}\\u{1f200}-\\u{1f265}",
    "\\u{20000}-\\u{3fffd}",
  ].join("")}]$`,
  "u",
);
/** Half of a flag: one column each, although emoji. */
const REGIONAL = /^[\u{1f1e6}-\u{1f1ff}]$/u;
const EMOJI_STYLE = "\ufe0f";

/** Columns; no real character is wider, and what is claims to be one character and is several. */
const WIDEST_CHARACTER = 4;
const SEGMENTER = new Intl.Segmenter("en", { granularity: "grapheme" });

/** A user-perceived character and its columns. */
export interface Grapheme {
  text: string;
  width: number;
}

/**
 * Columns of a text without controls.
 *
 * The sum over its code points: 0 for what is drawn onto the one before, 2 for wide ones, 1 for the rest, and a second
 * column where a narrow one is asked to look like an emoji. Terminals that join emoji use less: never more.
 */
export function displayWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  let previous = 0;
  for (const character of text) {
    const own = character === EMOJI_STYLE ? Number(previous === 1) : characterWidth(character);
    width += own;
    previous = own;
  }
  return width;
}

function characterWidth(character: string): number {
  if (ZERO.test(character)) return 0;
  return WIDE.test(character) && !REGIONAL.test(character) ? 2 : 1;
}

/** The user-perceived characters of a text; those that are improbably wide in pieces, so that a line can end in them. */
export function graphemes(text: string): Grapheme[] {
  const segments = ASCII.test(text) ? [...text] : Array.from(SEGMENTER.segment(text), ({ segment }) => segment);
  return segments.flatMap((segment) => {
    const width = displayWidth(segment);
    if (width <= WIDEST_CHARACTER) return { text: segment, width };
    return Array.from(segment, (character) => ({ text: character, width: displayWidth(character) }));
  });
}

/** A text of at most `width` columns: whole, or its start and an ellipsis. */
export function truncate(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  return width < 1 ? "" : `${fitting(graphemes(text), width - 1).join("")}…`;
}

/** A text of at most `width` columns: whole, or an ellipsis and its end. */
export function truncateStart(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  return width < 1
    ? ""
    : `…${fitting(graphemes(text).reverse(), width - 1)
        .reverse()
        .join("")}`;
}

function fitting(parts: readonly Grapheme[], width: number): string[] {
  return parts.slice(0, countFitting(parts, 0, width)).map((part) => part.text);
}

/** How many graphemes from the index `from` on take at most `width` columns together. */
export function countFitting(parts: readonly Grapheme[], from: number, width: number): number {
  let used = 0;
  for (let i = from; i < parts.length; i += 1) {
    used += parts[i]?.width ?? 0;
    if (used > width) return i - from;
  }
  return parts.length - from;
}

/** A text with spaces behind it ("end") or before it ("start") to fill `width` columns. */
export function pad(text: string, width: number, where: "start" | "end"): string {
  const spaces = " ".repeat(Math.max(0, width - displayWidth(text)));
  return where === "start" ? spaces + text : text + spaces;
}
