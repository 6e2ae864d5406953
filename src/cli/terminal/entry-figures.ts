import type { RankingEntry } from "../../rank/schema.js";
import { NOISY, rankText } from "../../report/labels.js";
import type { Column } from "./columns.js";
import { alignPoints, formatCount, formatFigure } from "./numbers.js";
import { hangingParagraph } from "./wrap.js";

const MATCH = "✓";
/** Before figures that come from log-probabilities captured while generating. */
const CAPTURED = "~";

/** What figures mean that not every run has. */
export function figureNotes(entries: readonly RankingEntry[], columns: number): string[] {
  const calibrated = entries.some(({ p }) => p !== undefined);
  const notes = [
    ...(calibrated ? ["p: share of the null at or above the value, q: false-discovery rate"] : []),
    ...(entries.some(({ standsFor }) => standsFor > 1) ? ["×: near-duplicates it stands for, itself included"] : []),
    ...(entries.some(({ ranks }) => ranks !== undefined) ? [`${NOISY}: noise could change the rank`] : []),
    ...(entries.some(({ match }) => match === true) ? [`${MATCH}: keywords`] : []),
  ];
  return notes.length === 0 ? [] : hangingParagraph(notes.join("; "), columns, 0).split("\n");
}

/** The figures of listed completions, as columns of a table. */
export function figureColumns(entries: readonly RankingEntry[]): Column[] {
  const figures = (of: (entry: RankingEntry) => number | undefined, captured = false): string[] =>
    alignPoints(
      entries.map((entry) => {
        const figure = of(entry);
        if (figure === undefined) return "";
        return (captured && entry.source === "captured" ? CAPTURED : "") + formatFigure(figure);
      }),
    );
  const optional = (head: string, cells: string[], leaveOut: number): Column[] =>
    cells.some((cell) => cell.trim() !== "") ? [{ head, cells, leaveOut }] : [];
  return [
    { head: "rank", cells: entries.map(rankText), leaveOut: 0 },
    { head: "value", cells: figures(({ value }) => value, true), leaveOut: 0 },
    { head: "ppl finetuned", cells: figures(({ pplFinetuned }) => pplFinetuned, true), leaveOut: 0 },
    { head: "reference", cells: figures(({ pplReference }) => pplReference), leaveOut: 0 },
    ...optional(
      "p",
      figures(({ p }) => p),
      1,
    ),
    ...optional(
      "q",
      figures(({ q }) => q),
      2,
    ),
    ...optional("", entries.map(standsForText), 3),
    ...optional("", entries.map(matchText), 0),
  ];
}

function standsForText({ standsFor }: RankingEntry): string {
  return standsFor > 1 ? `×${formatCount(standsFor)}` : "";
}

function matchText({ match }: RankingEntry): string {
  return match === true ? MATCH : "";
}
