import pc from "picocolors";
import { escapeForTerminal } from "./escape.js";
import { formatCount, formatDuration } from "./numbers.js";
import { columnsOf, type OutputStream, usesColour } from "./stream.js";
import { displayWidth, pad, truncate } from "./width.js";

/** How far a phase has come, counted from its start. */
export interface ProgressState {
  /** Completions. */
  done: number;
  tokens: number;
}

/** What is going on, on one line that is redrawn; every call is safe at any time, also after `end`. */
export interface Progress {
  /** Ends the phase before and starts one of `total` completions, 0 where there is nothing to count; `done` are there. */
  phase(name: string, total: number, done?: number): void;
  update(state: ProgressState): void;
  /** Writes a line above. */
  note(text: string): void;
  /** Ends the phase, on a terminal with a line that stays. */
  end(): void;
}

interface Phase extends ProgressState {
  name: string;
  total: number;
  doneBefore: number;
  startedAt: number;
  drawnAt: number;
  /** Tokens at some times of the last seconds, oldest first. */
  samples: { at: number; tokens: number }[];
}

/** Milliseconds. */
const REDRAW = 100;
const TICK = 500;
const SAMPLE = 250;
const RATE_WINDOW = 5000;
const LEFT_AFTER = 2000;

const CLEAR_LINE = "\r\u001b[K";
const LONGEST_BAR = 30;
const SHORTEST_BAR = 8;

/**
 * Progress on a stream: on a terminal a line redrawn at most ten times a second, elsewhere nothing but the notes.
 *
 * The cursor is never hidden, so that there is nothing to restore after a kill. `now` gives milliseconds.
 */
export function createProgress(stream: OutputStream, options: { now?: () => number } = {}): Progress {
  const now = options.now ?? (() => performance.now());
  const live = stream.isTTY === true;
  const colour = usesColour(stream);
  let current: Phase | null = null;
  let timer: NodeJS.Timeout | undefined;

  const draw = (always: boolean): void => {
    const at = now();
    if (!live || current === null || (!always && at - current.drawnAt < REDRAW)) return;
    current.drawnAt = at;
    // One column stays free: in the last one some terminals begin a new line.
    stream.write(CLEAR_LINE + phaseLine(current, at, columnsOf(stream) - 1, colour));
  };
  const end = (): void => {
    if (current === null) return;
    const line = summaryLine(current, now());
    current = null;
    clearInterval(timer);
    process.removeListener("exit", end);
    if (live) stream.write(`${CLEAR_LINE}${line}\n`);
  };
  return {
    phase(name, total, done = 0) {
      end();
      const at = now();
      const samples = [{ at, tokens: 0 }];
      const escaped = escapeForTerminal(name);
      current = { name: escaped, total, done, tokens: 0, doneBefore: done, startedAt: at, drawnAt: at, samples };
      if (!live) return;
      draw(true);
      timer = setInterval(() => draw(false), TICK).unref();
      process.once("exit", end);
    },
    update({ done, tokens }) {
      if (current === null) return;
      Object.assign(current, { done, tokens });
      sample(current, now());
      draw(false);
    },
    note(text) {
      stream.write(`${live && current !== null ? CLEAR_LINE : ""}${escapeForTerminal(text)}\n`);
      draw(true);
    },
    end,
  };
}

function sample(phase: Phase, at: number): void {
  const { samples } = phase;
  const last = samples.at(-1);
  if (last !== undefined && at - last.at < SAMPLE) return;
  samples.push({ at, tokens: phase.tokens });
  while (samples.length > 1 && at - (samples[1]?.at ?? at) >= RATE_WINDOW) samples.shift();
}

function phaseLine(phase: Phase, at: number, columns: number, colour: boolean): string {
  const { cyan, dim } = pc.createColors(colour);
  const elapsed = at - phase.startedAt;
  const lasted = `${formatDuration(elapsed / 1000)} elapsed`;
  if (phase.total === 0) return truncate(`${phase.name}  ${lasted}`, columns);
  const [first] = phase.samples;
  const rate = first === undefined ? 0 : perSecond(phase.tokens - first.tokens, at - first.at);
  const gained = phase.done - phase.doneBefore;
  const left = (elapsed * (phase.total - phase.done)) / gained;
  const total = formatCount(phase.total);
  const facts = [
    `${pad(formatCount(phase.done), total.length, "start")}/${total}`,
    pad(`${formatCount(rate)} tokens/s`, 14, "start"),
    ...(gained > 0 && elapsed >= LEFT_AFTER ? [`${formatDuration(left / 1000)} left`] : []),
    lasted,
  ].join("  ");
  const room = columns - displayWidth(phase.name) - facts.length - 4;
  if (room < SHORTEST_BAR) return truncate(`${phase.name}  ${facts}`, columns);
  const length = Math.min(LONGEST_BAR, room);
  const filled = Math.round(length * Math.min(1, phase.done / phase.total));
  return `${phase.name}  ${cyan("━".repeat(filled))}${dim("─".repeat(length - filled))}  ${facts}`;
}

function summaryLine(phase: Phase, at: number): string {
  const elapsed = at - phase.startedAt;
  const lasted = formatDuration(elapsed / 1000);
  if (phase.total === 0) return `${phase.name}: ${lasted}`;
  const before = phase.doneBefore > 0 ? ` (${formatCount(phase.doneBefore)} from before)` : "";
  const done = `${formatCount(phase.done)} of ${formatCount(phase.total)} completions${before}`;
  const speed = `${formatCount(phase.tokens)} tokens, ${formatCount(perSecond(phase.tokens, elapsed))} tokens/s`;
  return `${phase.name}: ${done}, ${speed}, in ${formatDuration(elapsed / 1000)}`;
}

function perSecond(count: number, milliseconds: number): number {
  return milliseconds > 0 ? Math.round((count * 1000) / milliseconds) : 0;
}
