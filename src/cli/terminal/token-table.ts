import pc from "picocolors";
import type { CompletionFigures } from "../../rank/completion-figures.js";
import { tokenLogRatios } from "../../rank/log-ratios.js";
import { PEAK_WINDOW } from "../../rank/statistics.js";
import type { TokenDetail } from "../../rank/token-detail.js";
import { escapeForTerminal } from "./escape.js";
import { type Shading, shadeStyle } from "./shade.js";
import { paint } from "./spans.js";
import { displayWidth, pad, truncate } from "./width.js";
import { hangingParagraph } from "./wrap.js";

/** Columns of a token's text, quotes aside, and what the other columns of the table take together. */
const LONGEST_TOKEN = 24;
const SHORTEST_TOKEN = 6;
const OTHER_COLUMNS = 54;
const GAP = "  ";
/** Beside the tokens of the peak window. */
const PEAK = "▐";
const NONE = "–";

/**
 * A completion token by token, a line each: its index, its text in its shade, log p under both models, the log-ratio and what it
 * adds up to; the window of the peak marked. What does not count, at the end, has no total.
 */
export function tokenTable(
  detail: TokenDetail,
  figures: CompletionFigures | null,
  shading: Shading,
  columns: number,
): string[] {
  const { dim } = pc.createColors(shading.depth !== "none");
  const { completion, finetuned, reference } = detail;
  const ratios = tokenLogRatios(detail);
  const counted = figures?.tokens ?? completion.length;
  const totals = runningTotals(ratios, counted);
  const cellsOf = (cell: (token: number) => string): string[] => completion.map((_, i) => cell(i));
  const shown = tokenNames(detail, Math.max(SHORTEST_TOKEN, Math.min(LONGEST_TOKEN, columns - OTHER_COLUMNS)));
  const numbers = column("#", cellsOf(String), "start");
  const texts = column("token", shown, "end");
  const figuresOf = [
    column(
      "finetuned",
      cellsOf((i) => nats(finetuned?.[i])),
      "start",
    ),
    column(
      "reference",
      cellsOf((i) => nats(reference?.[i])),
      "start",
    ),
    column(
      "log-ratio",
      cellsOf((i) => signed(ratios?.[i])),
      "start",
    ),
    column(
      "total",
      cellsOf((i) => signed(totals[i])),
      "start",
    ),
  ];
  const line = (cells: readonly string[]): string => cells.join(GAP).trimEnd();
  const isPeak = (i: number): boolean =>
    figures !== null && i >= figures.peak.from && i < Math.min(figures.peak.from + PEAK_WINDOW, counted);
  return [
    ...hangingParagraph(noteText(figures, completion.length), columns, 0).split("\n").map(dim),
    "",
    dim(line([numbers.head, " ", texts.head, ...figuresOf.map(({ head }) => head)])),
    ...completion.map((_, i) => {
      const text = shown[i] ?? "";
      const padding = (texts.cells[i] ?? "").slice(text.length);
      const token = paint(text, shadeStyle(ratios?.[i] ?? 0, shading)) + padding;
      const cells = figuresOf.map((figure) => figure.cells[i] ?? "");
      return line([dim(numbers.cells[i] ?? ""), isPeak(i) ? PEAK : " ", token, ...cells]);
    }),
  ];
}

function noteText(figures: CompletionFigures | null, tokens: number): string {
  const peak = figures === null ? "" : `; ${PEAK}: the ${PEAK_WINDOW} tokens of the peak window`;
  const uncounted = figures !== null && figures.tokens < tokens ? "; the last token is not counted" : "";
  return `log p of each token under both models, in nats${peak}${uncounted}`;
}

/** Token texts in quotes, so that spaces show; ids where the texts are not known. Each for itself: none continues another. */
function tokenNames({ completion, texts }: TokenDetail, width: number): string[] {
  if (texts === null) return completion.map((id) => `token ${id}`);
  // Of the tokens of one character the last one has the text.
  return texts.map((text) => (text === "" ? "…" : `"${truncate(escapeForTerminal(text), width)}"`));
}

function runningTotals(ratios: Float64Array | null, counted: number): (number | undefined)[] {
  let sum = 0;
  return Array.from(ratios ?? [], (ratio, i) => {
    if (i >= counted) return undefined;
    sum += ratio;
    return sum;
  });
}

interface Column {
  /** The name and the cells, all of one width. */
  head: string;
  cells: string[];
}

function column(name: string, cells: readonly string[], where: "start" | "end"): Column {
  const width = Math.max(...[name, ...cells].map(displayWidth));
  return { head: pad(name, width, where), cells: cells.map((cell) => pad(cell, width, where)) };
}

function nats(value: number | null | undefined): string {
  return value == null ? NONE : value.toFixed(3);
}

function signed(value: number | undefined): string {
  if (value === undefined) return NONE;
  return value > 0 ? `+${value.toFixed(3)}` : value.toFixed(3);
}
