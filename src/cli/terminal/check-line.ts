import { escapeForTerminal } from "./escape.js";
import { columnsOf } from "./stream.js";
import { hangingParagraph } from "./wrap.js";

const GAP = "  ";
/** The longest word for how a check came out. */
const STATE_WIDTH = "problem".length;

export interface ShownCheck {
  name: string;
  state: string;
  detail: string;
  /** What to do about it. */
  remedy?: string;
}

/** A check of the doctor's: how it came out, its name in `width` columns, what was found and what to do. */
export function checkLine(
  { name, state, detail, remedy }: ShownCheck,
  paint: (text: string) => string,
  width: number,
): string {
  const text = escapeForTerminal(remedy === undefined ? detail : `${detail}: ${remedy}`);
  const indent = STATE_WIDTH + width + 2 * GAP.length;
  // In a file or a pipe a check stays on one line.
  const shown = process.stdout.isTTY ? hangingParagraph(text, columnsOf(process.stdout), indent) : text;
  return [paint(state.padEnd(STATE_WIDTH)), name.padEnd(width), shown].join(GAP);
}
