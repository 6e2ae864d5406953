import pc from "picocolors";
import type { CapturedSummary, Ranking, RankingEntry } from "../../rank/schema.js";
import { STATISTICS } from "../../rank/statistics.js";
import { rankText } from "../../report/labels.js";
import { noisyRanksText } from "../../report/noise-text.js";
import { entryText, markPrefill } from "./entry.js";
import { escapeForTerminal } from "./escape.js";
import { alignPoints, formatCount, formatFigure } from "./numbers.js";
import { displayWidth } from "./width.js";
import { wrapText } from "./wrap.js";

export interface RenderOptions {
  /** Width of the terminal; 60 to 160 of them are used. */
  columns: number;
  colour: boolean;
  /** Completions to show, from the first rank on. */
  rows: number;
}

type Colours = ReturnType<typeof pc.createColors>;

/** Columns; longer lines are hard to read, shorter ones hold no row of figures. */
const WIDEST = 160;
const NARROWEST = 60;
/** Columns of text: where there are fewer beside the figures it goes under them, and where there are many two lines do. */
const NARROWEST_TEXT = 30;
const WIDE_TEXT = 80;
/** Characters of a configuration's name, and lines of it, that are shown. */
const LONGEST_NAME = 1000;
const NAME_LINES = 3;
const GAP = "  ";
const MATCH = "✓";
/** Before figures that come from log-probabilities captured while generating. */
const CAPTURED = "~";

const DROPPED_AS: Record<keyof Ranking["dropped"], string> = {
  empty: "empty",
  unscored: "not scored by both models",
  minTokens: "too short",
  repetition: "repetitive",
  nearDuplicates: "near-duplicates of listed ones",
};

/** A ranking for people, as lines of at most `columns` columns, 60 at least: what was ranked, then the first completions. */
export function renderRanking(ranking: Ranking, options: RenderOptions): string {
  const colours = pc.createColors(options.colour);
  const columns = Math.min(Math.max(options.columns, NARROWEST), WIDEST);
  const entries = ranking.top.slice(0, options.rows);
  const lines = titleLines(ranking, columns, colours);
  if (entries.length > 0) lines.push("", ...tableLines(ranking, entries, { ...options, columns }, colours));
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n`;
}

function titleLines(ranking: Ranking, columns: number, { bold, dim, green }: Colours): string[] {
  const { configuration, statistic, count, dropped, captured, noise, matches } = ranking;
  const by = `by ${statistic}, in ${STATISTICS[statistic].unit}`;
  const name = paragraph(escapeForTerminal(configuration.slice(0, LONGEST_NAME)), columns, NAME_LINES);
  const [only = ""] = name;
  const beside = name.length < 2 && displayWidth(only) + GAP.length + by.length <= columns;
  const reasons = (Object.keys(DROPPED_AS) as (keyof typeof DROPPED_AS)[]).flatMap((reason) =>
    dropped[reason] > 0 ? [`${formatCount(dropped[reason])} ${DROPPED_AS[reason]}`] : [],
  );
  const ranked = `${formatCount(count)} ${count === 1 ? "completion" : "completions"} ranked`;
  const left = `left out: ${reasons.length > 0 ? reasons.join(", ") : "none"}`;
  const title = beside ? [`${bold(only)}${GAP}${by}`] : [...name.map(bold), by];
  const lines = [...title, ...paragraph(`${ranked}; ${left}`, columns).map(dim)];
  if (captured !== undefined) lines.push(...paragraph(capturedText(captured, count), columns).map(dim));
  if (noise !== undefined) lines.push(...paragraph(noisyRanksText(noise, count), columns).map(dim));
  if (matches !== undefined) {
    lines.push(...paragraph(`${MATCH} keywords: ${matchText(matches)}`, columns).map(matches.total > 0 ? green : dim));
  }
  return lines;
}

function capturedText({ completions, settled, largest }: CapturedSummary, count: number): string {
  const how = `${CAPTURED} ${formatCount(completions)} of ${formatCount(count)} not scored again by the finetuned model`;
  if (largest === null) return `${how}; by how much that is off was not measured, so no rank is settled`;
  const off = `as generated they were off by up to ${formatFigure(largest)} nats per token`;
  return `${how}: ${off}, so ${settled === 0 ? "no rank is settled" : `the list is settled down to rank ${formatCount(settled)}`}`;
}

function matchText({ top10, top100, firstRank, total }: NonNullable<Ranking["matches"]>): string {
  if (firstRank === null) return "no completion matches";
  const first = `the first at rank ${formatCount(firstRank)}`;
  return `${top10} in the top 10, ${top100} in the top 100, ${first}, ${formatCount(total)} in all`;
}

function paragraph(text: string, columns: number, lines = Number.POSITIVE_INFINITY): string[] {
  return wrapText(text, columns, lines).map((line) => line.text);
}

function tableLines(
  ranking: Ranking,
  entries: readonly RankingEntry[],
  options: RenderOptions,
  colours: Colours,
): string[] {
  const { dim, green } = colours;
  const ranks = column("rank", entries.map(rankText));
  const values = figures("value", entries, (entry) => approximate(entry, entry.value));
  const finetuned = figures("finetuned", entries, (entry) => approximate(entry, entry.pplFinetuned));
  const reference = figures("reference", entries, (entry) => formatFigure(entry.pplReference));
  const mark = ranking.matches === undefined ? "" : `${GAP} `;
  const several = entries.some(({ standsFor }) => standsFor > 1);
  const alike = column(
    "",
    entries.map(({ standsFor }) => (several && standsFor > 1 ? `×${formatCount(standsFor)}` : "")),
  );
  const before = [ranks.head, values.head].join(GAP);
  const perplexities = [finetuned.head, reference.head].join(GAP);
  const beyond = several ? `${mark}${GAP}${alike.head}` : mark;
  const figureWidth = before.length + GAP.length + perplexities.length + beyond.length;
  const beside = options.columns - figureWidth - GAP.length >= NARROWEST_TEXT;
  const indent = " ".repeat(beside ? figureWidth + GAP.length : ranks.head.length + GAP.length);
  const width = Math.max(1, options.columns - indent.length);
  const text = { width, lines: width < WIDE_TEXT ? 3 : 2, colour: options.colour };
  const names = dim(`${before}${GAP}${perplexities}${beyond}`);
  const lines = [
    dim(`${" ".repeat(before.length)}${GAP}${centred(" perplexity ", perplexities.length)}`),
    beside ? `${names}${GAP}${markPrefill("prefill", options.colour)}${dim(" completion")}` : names,
  ];
  for (const [i, entry] of entries.entries()) {
    const measured = [dim(ranks.cells[i]), values.cells[i], dim(finetuned.cells[i]), dim(reference.cells[i])].join(GAP);
    const marked = mark === "" ? measured : `${measured}${GAP}${entry.match ? green(MATCH) : " "}`;
    const row = several ? `${marked}${GAP}${dim(alike.cells[i] ?? "")}` : marked;
    const [first = "", ...more] = entryText(entry, text);
    if (beside) lines.push(`${row}${GAP}${first}`);
    else lines.push(row, `${indent}${first}`);
    lines.push(...more.map((line) => indent + line));
  }
  return lines;
}

function centred(text: string, width: number): string {
  return text.padStart(Math.ceil((width + text.length) / 2), "─").padEnd(width, "─");
}

interface Column {
  /** The name and the cells, all of one width. */
  head: string;
  cells: string[];
}

function figures(name: string, entries: readonly RankingEntry[], figure: (entry: RankingEntry) => string): Column {
  return column(name, alignPoints(entries.map(figure)));
}

function approximate({ source }: RankingEntry, value: number): string {
  return (source === "captured" ? CAPTURED : "") + formatFigure(value);
}

function column(name: string, cells: readonly string[]): Column {
  const width = Math.max(name.length, ...cells.map((cell) => cell.length));
  return { head: name.padStart(width), cells: cells.map((cell) => cell.padStart(width)) };
}
