import { countFitting, type Grapheme, graphemes } from "./width.js";

/** Columns of a paragraph's lines at least, however narrow the terminal. */
const NARROWEST = 12;

export interface WrappedLine {
  /** At most the width asked for; without the spaces at which it was broken. */
  text: string;
  /** UTF-16 units of the source that the line stands for: its spaces at the end included, an ellipsis not. */
  length: number;
}

/** A one-line text over at most `maxLines` lines of `width` columns (4 and more), broken at spaces where it can be; then an ellipsis. */
export function wrapText(text: string, width: number, maxLines: number): WrappedLine[] {
  const parts = graphemes(text);
  const lines: WrappedLine[] = [];
  let from = 0;
  while (from < parts.length && lines.length < maxLines) {
    const isLast = lines.length === maxLines - 1;
    const fits = countFitting(parts, from, width);
    if (from + fits === parts.length) {
      lines.push(slice(parts, from, parts.length));
      break;
    }
    if (isLast) {
      const cut = slice(parts, from, from + countFitting(parts, from, width - 1));
      lines.push({ ...cut, text: `${cut.text}…` });
      break;
    }
    const end = breakAt(parts, from, from + Math.max(1, fits));
    lines.push(slice(parts, from, end));
    from = end;
  }
  return lines;
}

/** A one-line text as a paragraph of at most `columns` columns, all lines but the first indented. */
export function hangingParagraph(text: string, columns: number, indent: number): string {
  return wrapText(text, Math.max(NARROWEST, columns - indent), Number.POSITIVE_INFINITY)
    .map((line) => line.text)
    .join(`\n${" ".repeat(indent)}`);
}

/** Where the next line begins: behind the last place that can be broken, if that lies in the second half of the line. */
function breakAt(parts: readonly Grapheme[], from: number, full: number): number {
  if (parts[full]?.text === " ") return full + 1;
  const half = from + Math.ceil((full - from) / 2);
  for (let i = full; i > half; i -= 1) {
    if (canBreak(parts[i - 1], parts[i])) return i;
  }
  return full;
}

function canBreak(before: Grapheme | undefined, after: Grapheme | undefined): boolean {
  return before?.text === " " || before?.text === "⏎" || before?.width === 2 || after?.width === 2;
}

function slice(parts: readonly Grapheme[], from: number, to: number): WrappedLine {
  const whole = parts
    .slice(from, to)
    .map((part) => part.text)
    .join("");
  return { text: whole.replace(/ +$/, ""), length: whole.length };
}
