/** How a line break and a tab are shown; the signs themselves are escaped, so that they stand for nothing else. */
const SIGNS: Readonly<Record<string, string>> = { "\n": "⏎", "\t": "⇥" };

/** Marks a character may carry: enough for every language's writing, too few to climb into the lines above. */
const MAX_MARKS = 4;

/** Printable ASCII but the backslash: nothing to escape, and nearly everything there is. */
const PLAIN = /^[ -[\]-~]*$/;
/** Controls, format marks, private and unassigned characters, lone surrogates, separators, what is drawn as nothing. */
const UNSAFE = /^[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}⏎⇥]$/u;
const MARK = /^\p{M}$/u;
const PICTOGRAM = /^\p{Extended_Pictographic}$/u;
const EMOJI_STYLE = "\ufe0f";

/**
 * Any text as one line that is safe in a terminal.
 *
 * A line break becomes ⏎, a tab ⇥, everything else that is unsafe or invisible `\u{hex}`. Marks without a character to
 * stand on, and those beyond the fourth, are escaped too. No two texts give the same line.
 */
export function escapeForTerminal(text: string): string {
  if (PLAIN.test(text)) return text;
  let escaped = "";
  let marks = MAX_MARKS;
  let previous = "";
  let end = 0;
  for (const character of text) {
    end += character.length;
    // A backslash is left alone unless the text imitates an escape.
    const imitates = character === "\\" && text.startsWith("u{", end);
    const isMark = MARK.test(character);
    marks = isMark ? marks + 1 : 0;
    const emojiStyle = character === EMOJI_STYLE && PICTOGRAM.test(previous);
    const unsafe = marks > MAX_MARKS || imitates || (UNSAFE.test(character) && !emojiStyle);
    escaped += unsafe ? (SIGNS[character] ?? codePoint(character)) : character;
    // Nothing may be put on top of an escape.
    if (unsafe) marks = MAX_MARKS;
    previous = character;
  }
  return escaped;
}

/** A value as JSON on one line, whose texts cannot steer a terminal; the same value to every JSON parser. */
export function jsonLine(value: unknown): string {
  const json = JSON.stringify(value).replace(/[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    // Two escapes for a character that takes two UTF-16 units, as JSON wants it.
    character.split("").map(codeUnit).join(""),
  );
  return `${json}\n`;
}

function codePoint(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

function codeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
