export { formatBytes, formatCompact, formatCount, formatDuration, formatFigure } from "../../numbers.js";

/** Formatted numbers padded to one width, their decimal points under each other. */
export function alignPoints(figures: readonly string[]): string[] {
  const parts = figures.map((figure) => /^([^.e]*)(.*)$/.exec(figure)?.slice(1) ?? [figure, ""]);
  const whole = Math.max(0, ...parts.map(([integer = ""]) => integer.length));
  const rest = Math.max(0, ...parts.map(([, fraction = ""]) => fraction.length));
  return parts.map(([integer = "", fraction = ""]) => integer.padStart(whole) + fraction.padEnd(rest));
}
