import { isUtf8 } from "node:buffer";

/** The styles that Telltale itself writes, every one; a model's or a server's are others. */
const OWN_STYLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /\u001b\[(?:0|1|2|22|3[1-6]|39|1;36|97;4[14]|30;43|38;5;(?:16|231);48;(?:5;\d{1,3}|2;\d{1,3};\d{1,3};\d{1,3}))m/g;
/** What begins a redrawn line of progress. */
const OWN_REDRAW = "\r\u001b[K";
const UNSAFE = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/**
 * Everything in the bytes a terminal got that could steer it or hide something, with its surroundings: controls but the line ends, C1
 * ones too, escape sequences that are not Telltale's own, bidi and other format characters, bytes that are no UTF-8. Empty: harmless.
 */
export function steeringIn(bytes: Uint8Array): string[] {
  if (!isUtf8(bytes)) return ["bytes that are no UTF-8"];
  const text = Buffer.from(bytes)
    .toString()
    // A line of CSV ends in both, and the terminal puts one more before.
    .replace(/\r?\r\n/g, "\n")
    .replaceAll(OWN_REDRAW, "")
    .replaceAll(OWN_STYLE, "");
  return Array.from(text.matchAll(UNSAFE), ({ index }) =>
    JSON.stringify(text.slice(Math.max(0, index - 60), index + 20)),
  );
}
