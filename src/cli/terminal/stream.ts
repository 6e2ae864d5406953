/** What is asked of a stream that people read; process.stdout and process.stderr are such. */
export interface OutputStream {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

/** Columns when the output goes to a file, a pipe or a terminal that does not tell. */
const DEFAULT_COLUMNS = 100;

/**
 * Whether to colour what goes to a stream: a terminal that is not "dumb", or whatever it is with FORCE_COLOR; never where NO_COLOR is
 * set or FORCE_COLOR is 0.
 */
export function usesColour(stream: OutputStream, env: NodeJS.ProcessEnv = process.env): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = env;
  if (NO_COLOR || /^(0|false)$/i.test(FORCE_COLOR ?? "")) return false;
  return Boolean(FORCE_COLOR) || isTerminal(stream, { TERM });
}

/** Whether a line of a stream can be drawn again: a terminal, and none that says of itself that it is "dumb". */
export function isTerminal(stream: OutputStream, env: NodeJS.ProcessEnv = process.env): boolean {
  return stream.isTTY === true && env.TERM !== "dumb";
}

/** How many colours there are to shade with. */
export type ColourDepth = "none" | "16" | "256" | "truecolor";

/** What a stream's terminal can show, by what it says of itself: COLORTERM, and the end of TERM. */
export function colourDepth(stream: OutputStream, env: NodeJS.ProcessEnv = process.env): ColourDepth {
  if (!usesColour(stream, env)) return "none";
  if (/^(truecolor|24bit)$/i.test(env.COLORTERM ?? "")) return "truecolor";
  return /256(color)?$/.test(env.TERM ?? "") ? "256" : "16";
}

/** Whether a terminal says that its background is light; most that are dark do not say so. */
export function hasLightBackground(env: NodeJS.ProcessEnv = process.env): boolean {
  // "foreground;background", or with a third field between: numbers of the sixteen colours.
  const background = /;(\d+)$/.exec(env.COLORFGBG ?? "")?.[1];
  return background === "7" || (background !== undefined && Number(background) > 8);
}

/** Columns of a stream; terminals without a size say 0. */
export function columnsOf(stream: OutputStream): number {
  return stream.columns || DEFAULT_COLUMNS;
}
