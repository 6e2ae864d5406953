/** A text without the key in it, whatever the server that was given it says. */
export interface HideKey {
  /** In what is shown or recorded as it is. */
  always(text: string): string;
  /** In an answer, before it is parsed: left alone where the key is so short that it may stand in any text by chance ("EMPTY"). */
  inAnswer(text: string): string;
}

/** Characters from which on a key stands in an answer only because the server put it there. */
const UNMISTAKABLE = 16;
const SHOWN = "[key]";

/** Finds the key as it is and as JSON or an address may spell it: `\/`, `\u003d`, `%3D`. */
export function hideKey(apiKey: string | undefined): HideKey {
  if (apiKey === undefined) return { always: (text) => text, inAnswer: (text) => text };
  const spelled = new RegExp([...apiKey].map(spellings).join(""), "g");
  const always = (text: string): string => text.replace(spelled, SHOWN);
  return { always, inAnswer: apiKey.length < UNMISTAKABLE ? (text) => text : always };
}

function spellings(character: string): string {
  const hex = character.charCodeAt(0).toString(16).padStart(2, "0");
  const digits = [...hex].map((digit) => (/[a-f]/.test(digit) ? `[${digit}${digit.toUpperCase()}]` : digit)).join("");
  const escaped = /["\\/]/.test(character) ? "\\\\?" : "";
  return `(?:${escaped}\\x${hex}|\\\\u00${digits}|%${digits})`;
}
