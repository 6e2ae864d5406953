import pc from "picocolors";
import type { CompletionFigures } from "../../rank/completion-figures.js";
import type { RankingEntry } from "../../rank/schema.js";
import { STATISTIC_NAMES, STATISTICS, type StatisticName } from "../../rank/statistics.js";
import type { TokenDetail } from "../../rank/token-detail.js";
import { NOISY } from "../../report/labels.js";
import { ranksText } from "../../report/noise-text.js";
import { columnLines } from "./columns.js";
import { escapeForTerminal } from "./escape.js";
import { alignPoints, formatCount, formatFigure } from "./numbers.js";
import { legendSpans, shadingFor } from "./shade.js";
import { shownTokens } from "./shown-tokens.js";
import { wrapSpans } from "./spans.js";
import { completionSpans } from "./token-spans.js";
import { tokenTable } from "./token-table.js";
import { type ListStyle, usedColumns } from "./top-list.js";
import { truncate } from "./width.js";
import { hangingParagraph } from "./wrap.js";

/** A completion in full. */
export interface CompletionPage {
  detail: TokenDetail;
  /** Null where a model has not scored it, or none of its tokens counts. */
  figures: CompletionFigures | null;
  /** Where it is listed. */
  places: readonly CompletionPlace[];
}

/** A completion's place in one of the run's lists. */
export interface CompletionPlace {
  configuration: string;
  statistic: StatisticName;
  rank: number;
  /** Completions in the whole ranking. */
  of: number;
  ranks?: RankingEntry["ranks"];
  p?: number | undefined;
  q?: number | undefined;
  standsFor: number;
}

const NO_FIGURES = "It has no figures: a model has not scored it, or none of its tokens counts.";

/** A completion for people: its text shaded, where it is ranked, every statistic, and a table of its tokens. */
export function renderCompletion({ detail, figures, places }: CompletionPage, style: ListStyle): string {
  const columns = usedColumns(style);
  const { bold, dim } = pc.createColors(style.depth !== "none");
  const paragraph = (text: string): string[] => hangingParagraph(text, columns, 0).split("\n");
  const shading = shadingFor([detail], style);
  const texts = { prefill: detail.prefillText, completion: detail.completionText };
  const shaded = shownTokens(detail) !== null;
  const lines = [
    ...paragraph(escapeForTerminal(detail.id)).map(bold),
    ...(places.length === 0 ? ["In none of the run's lists."] : places.map(placeText)).flatMap(paragraph).map(dim),
    "",
    ...wrapSpans(completionSpans(texts, detail, shading), columns, Number.POSITIVE_INFINITY),
    "",
    ...(shaded ? wrapSpans(legendSpans(shading), columns, 3) : paragraph(unshadedText(detail))),
    "",
    ...paragraph(endText(detail)),
    ...(figures === null ? paragraph(NO_FIGURES) : figureLines(figures, columns, dim)),
    "",
    ...tokenTable(detail, figures, shading, columns),
  ];
  return `${lines.join("\n")}\n`;
}

function placeText({ configuration, statistic, rank, ranks, of, p, q, standsFor }: CompletionPlace): string {
  const chance = p === undefined || q === undefined ? "" : `, p ${formatFigure(p)}, q ${formatFigure(q)}`;
  const alike = standsFor > 1 ? `, stands for ${formatCount(standsFor)} alike` : "";
  const noisy = ranks === undefined ? "" : ` (${NOISY} ${ranksText(ranks)})`;
  const where = `${escapeForTerminal(configuration)} by ${statistic}`;
  return `${where}: rank ${formatCount(rank)} of ${formatCount(of)}${noisy}${chance}${alike}`;
}

function endText({ completion, prefill, stop, captured }: TokenDetail): string {
  const length = `prefill of ${tokensText(prefill.length)}, completion of ${tokensText(completion.length)}`;
  const end = stop === "eog" ? "ended by itself" : "stopped at the most tokens allowed";
  const source = captured ? "; log p (finetuned) as captured while generating" : "";
  return `${length}, ${end}${source}`;
}

function tokensText(count: number): string {
  return `${formatCount(count)} ${count === 1 ? "token" : "tokens"}`;
}

function figureLines(figures: CompletionFigures, columns: number, dim: (text: string) => string): string[] {
  const { tokens, bytes, pplFinetuned, pplReference, statistics, peak } = figures;
  const [heads = "", ...rows] = columnLines(
    [
      { head: "statistic", cells: STATISTIC_NAMES, leaveOut: 0, left: true },
      { head: "value", cells: alignPoints(STATISTIC_NAMES.map((name) => formatFigure(statistics[name]))), leaveOut: 0 },
      { head: "unit", cells: STATISTIC_NAMES.map((name) => STATISTICS[name].unit), leaveOut: 0, left: true },
    ],
    columns,
  );
  const perplexities = `perplexity ${formatFigure(pplFinetuned)} finetuned, ${formatFigure(pplReference)} reference`;
  const counted = `${tokensText(tokens)} and ${formatCount(bytes)} bytes counted`;
  const from = `the peak window begins at token ${formatCount(peak.from)}`;
  const summary = hangingParagraph(`${perplexities}; ${counted}; ${from}`, columns, 0).split("\n");
  return [...summary, "", dim(heads), ...rows.map((row) => truncate(row, columns))];
}

function unshadedText({ texts }: TokenDetail): string {
  return texts === null
    ? "The run holds no vocabulary.json, so its words are not shaded."
    : "A model has not scored this completion, so its words are not shaded.";
}
