import { escapeForTerminal } from "./escape.js";
import { columnsOf } from "./stream.js";
import { hangingParagraph } from "./wrap.js";

const GAP = "  ";
/** The longest word for how a check came out. */
export const STATE_WIDTH = "problem".length;

/** A line of the doctor's: how a check came out, its name in `width` columns, what was found and what to do. */
export function checkLine(state: string, name: string, found: string, width: number): string {
  const text = escapeForTerminal(found);
  const indent = STATE_WIDTH + width + 2 * GAP.length;
  // In a file or a pipe a check stays on one line.
  const shown = process.stdout.isTTY ? hangingParagraph(text, columnsOf(process.stdout), indent) : text;
  return [state, name.padEnd(width), shown].join(GAP);
}
