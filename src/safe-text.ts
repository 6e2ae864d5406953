import { isUtf8 } from "node:buffer";

/** What must not reach a terminal or a line of a log: controls, format marks, odd spaces, quotes. */
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}"\\]|(?! )\p{Zs}/gu;

/** Text or a path in quotes on one line, cut after `limit` characters; what is unsafe or no UTF-8 is escaped. */
export function quoted(text: string | Uint8Array, limit = 200): string {
  const isText = typeof text === "string" || isUtf8(text);
  // No character takes more than four bytes or two UTF-16 units.
  const start = typeof text === "string" ? text.slice(0, 2 * limit + 2) : text.subarray(0, 4 * limit + 4);
  const decoded = typeof start === "string" ? start : Buffer.from(start).toString(isText ? "utf8" : "latin1");
  const characters = [...decoded];
  const kept = characters.slice(0, limit).join("");
  const shown = isText ? kept.replace(UNSAFE, escapeCharacter) : kept.replace(/[^ !#-[\]-~]/g, escapeByte);
  return `"${shown}${characters.length > limit ? "..." : ""}"`;
}

function escapeCharacter(character: string): string {
  if (character === '"' || character === "\\") return `\\${character}`;
  if (character === "\n") return "\\n";
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

function escapeByte(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}

/** An address or what was given for one, quoted without what may be a secret in it: before an @, and from a ? or # on. */
export function withoutSecrets(address: string): string {
  const shown = address.replace(/^.*@/s, "...@").replace(/[?#].*$/s, (rest) => `${rest[0]}...`);
  return quoted(shown, 400);
}
