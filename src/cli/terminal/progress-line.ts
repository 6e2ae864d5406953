import pc from "picocolors";
import { formatCount, formatDuration } from "./numbers.js";
import { displayWidth, pad, truncate } from "./width.js";

/** How far a phase has come, counted from its start. */
export interface ProgressState {
  /** Completions. */
  done: number;
  tokens: number;
}

/** A phase that is under way. */
export interface Phase extends ProgressState {
  name: string;
  /** What stands before the bar, and the columns it takes: those of the widest so far, so that the bar keeps its place. */
  label: string;
  labelWidth: number;
  total: number;
  startedAt: number;
  drawnAt: number;
  /** Tokens at some times of the last seconds, oldest first. */
  samples: { at: number; tokens: number }[];
}

/** Milliseconds after which the time left is no wild guess. */
const LEFT_AFTER = 2000;
const LONGEST_BAR = 30;
const SHORTEST_BAR = 6;

/** A phase under way on one line of at most `columns` columns; `at` in milliseconds. */
export function phaseLine(phase: Phase, at: number, columns: number, colour: boolean): string {
  const { cyan, dim } = pc.createColors(colour);
  const elapsed = at - phase.startedAt;
  const lasted = `${formatDuration(elapsed / 1000)} elapsed`;
  if (phase.total === 0) return truncate(`${phase.label}  ${lasted}`, columns);
  const [first] = phase.samples;
  const rate = first === undefined ? 0 : perSecond(phase.tokens - first.tokens, at - first.at);
  const left = (elapsed * (phase.total - phase.done)) / phase.done;
  const total = formatCount(phase.total);
  const done = `${pad(formatCount(phase.done), total.length, "start")}/${total}`;
  const speed = pad(`${formatCount(rate)} tokens/s`, 14, "start");
  const rest = phase.done > 0 && elapsed >= LEFT_AFTER ? [`${formatDuration(left / 1000)} left`] : [];
  const label = pad(phase.label, phase.labelWidth, "end");
  // Where there is no room for a bar beside all of it, what a person can do without goes first.
  for (const facts of [
    [done, speed, ...rest, lasted],
    [done, speed, ...rest],
    [done, ...rest],
  ]) {
    const text = facts.join("  ");
    const room = columns - displayWidth(label) - text.length - 4;
    if (room < SHORTEST_BAR) continue;
    const length = Math.min(LONGEST_BAR, room);
    const filled = Math.round(length * Math.min(1, phase.done / phase.total));
    return `${label}  ${cyan("━".repeat(filled))}${dim("─".repeat(length - filled))}  ${text}`;
  }
  return truncate([phase.label, done, ...rest, speed, lasted].join("  "), columns);
}

/** What a phase came to, on one line. */
export function summaryLine(phase: Phase, at: number): string {
  const elapsed = at - phase.startedAt;
  const lasted = formatDuration(elapsed / 1000);
  if (phase.total === 0) return `${phase.name}: ${lasted}`;
  const done = `${formatCount(phase.done)} of ${formatCount(phase.total)} completions`;
  const speed = `${formatCount(phase.tokens)} tokens, ${formatCount(perSecond(phase.tokens, elapsed))} tokens/s`;
  return `${phase.name}: ${done}, ${speed}, in ${lasted}`;
}

function perSecond(count: number, milliseconds: number): number {
  return milliseconds > 0 ? Math.round((count * 1000) / milliseconds) : 0;
}
