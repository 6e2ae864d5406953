import { stripVTControlCharacters } from "node:util";
import pc from "picocolors";
import { escapeForTerminal } from "./escape.js";
import { isQuiet, isVerbose } from "./loudness.js";
import { type Phase, type ProgressState, phaseLine, summaryLine } from "./progress-line.js";
import { columnsOf, isTerminal, type OutputStream, usesColour } from "./stream.js";
import { displayWidth } from "./width.js";
import { hangingParagraph } from "./wrap.js";

/** What is going on, on one line that is redrawn; every call is safe at any time, also after `end`. */
export interface Progress {
  /** Ends the phase before and starts one of `total` completions, 0 where there is nothing to count. */
  phase(name: string, total: number): void;
  /** Says what is done now within the phase: stands in the phase's place until its end. */
  step(name: string): void;
  update(state: ProgressState): void;
  /** Writes a line above; `dim` where it is not as much to be read as to be looked up. */
  note(text: string, dim?: boolean): void;
  /** Ends the phase, on a terminal or with --verbose with a line that stays, unless it was brief and counted nothing. */
  end(): void;
}

/** Milliseconds. */
const REDRAW = 100;
const BRIEF = 1000;
const TICK = 500;
const SAMPLE = 250;
const RATE_WINDOW = 5000;

/** Columns before the further lines of a note. */
const NOTE_INDENT = 2;

const CLEAR_LINE = "\r\u001b[K";

/** What writes a line above the progress that is shown on stderr now. */
let drawn: Progress | null = null;

/** Writes a line to stderr, above the progress where some is shown. Nothing with --quiet. */
export function writeNote(text: string, dim = false): void {
  (drawn ?? createProgress(process.stderr)).note(text, dim);
}

/**
 * Progress on a stream: on a terminal a line redrawn at most ten times a second, elsewhere nothing but the notes; with --quiet nothing.
 *
 * The cursor is never hidden, so that there is nothing to restore after a kill. `now` gives milliseconds.
 */
export function createProgress(
  stream: OutputStream,
  { now = () => performance.now(), env = process.env }: { now?: () => number; env?: NodeJS.ProcessEnv } = {},
): Progress {
  const quiet = isQuiet();
  const live = isTerminal(stream, env) && !quiet;
  const colour = usesColour(stream, env);
  let current: Phase | null = null;
  let timer: NodeJS.Timeout | undefined;
  let width = 0;

  // Who wants no colours may have a terminal, or a recorder, that knows no sequences at all.
  const clearLine = (): string => (colour ? CLEAR_LINE : `\r${" ".repeat(width)}\r`);

  const draw = (always: boolean): void => {
    const at = now();
    if (!live || current === null || (!always && at - current.drawnAt < REDRAW)) return;
    current.drawnAt = at;
    // One column stays free: in the last one some terminals begin a new line.
    const line = phaseLine(current, at, columnsOf(stream) - 1, colour);
    stream.write(clearLine() + line);
    width = displayWidth(stripVTControlCharacters(line));
  };
  const end = (): void => {
    if (current === null) return;
    const at = now();
    // What was over at once and counts nothing is not worth a line.
    const brief = current.total === 0 && at - current.startedAt < BRIEF && !isVerbose();
    const line = brief ? "" : `${summaryLine(current, at)}\n`;
    current = null;
    if (drawn === progress) drawn = null;
    clearInterval(timer);
    process.removeListener("exit", end);
    if (live) stream.write(`${clearLine()}${line}`);
    else if (isVerbose()) stream.write(line);
    width = 0;
  };
  const progress: Progress = {
    phase(name, total) {
      end();
      const at = now();
      const samples = [{ at, tokens: 0 }];
      const escaped = escapeForTerminal(name);
      const label = { name: escaped, label: escaped, labelWidth: 0 };
      current = { ...label, total, done: 0, tokens: 0, startedAt: at, drawnAt: at, samples };
      if (!live) return;
      drawn = progress;
      draw(true);
      timer = setInterval(() => draw(false), TICK).unref();
      process.once("exit", end);
    },
    step(name) {
      if (current === null) return;
      current.label = escapeForTerminal(name);
      current.labelWidth = Math.max(current.labelWidth, displayWidth(current.label));
      draw(false);
    },
    update({ done, tokens }) {
      if (current === null) return;
      Object.assign(current, { done, tokens });
      sample(current, now());
      draw(false);
    },
    note(text, dim = false) {
      if (quiet) return;
      const escaped = escapeForTerminal(text);
      const line = live ? hangingParagraph(escaped, columnsOf(stream) - 1, NOTE_INDENT) : escaped;
      stream.write(
        `${current === null || !live ? "" : clearLine()}${dim ? pc.createColors(colour).dim(line) : line}\n`,
      );
      draw(true);
    },
    end,
  };
  return progress;
}

function sample(phase: Phase, at: number): void {
  const { samples } = phase;
  const last = samples.at(-1);
  if (last !== undefined && at - last.at < SAMPLE) return;
  samples.push({ at, tokens: phase.tokens });
  while (samples.length > 1 && at - (samples[1]?.at ?? at) >= RATE_WINDOW) samples.shift();
}
