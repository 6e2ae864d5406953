import pc from "picocolors";
import type { Ranking } from "../../rank/schema.js";
import { escapeForTerminal } from "./escape.js";
import { formatCount, formatFigure } from "./numbers.js";
import { displayWidth, pad, truncate } from "./width.js";

const LONGEST_NAME = 40;

/** Every ranking of a run in a line of its own: how many are ranked, the highest value, how the keywords fare. */
export function renderOverview(rankings: readonly Ranking[], colour: boolean): string {
  const { dim } = pc.createColors(colour);
  const keywords = rankings.some((ranking) => ranking.matches !== undefined);
  const head = [
    "configuration",
    "statistic",
    "ranked",
    "highest",
    ...(keywords ? ["top 10", "top 100", "first at"] : []),
  ];
  const rows = rankings.map(({ configuration, statistic, count, top, matches }) => [
    truncate(escapeForTerminal(configuration), LONGEST_NAME),
    statistic,
    formatCount(count),
    top[0] === undefined ? "–" : (top[0].source === "captured" ? "~" : "") + formatFigure(top[0].value),
    ...(matches === undefined ? [] : [matches.top10, matches.top100, matches.firstRank ?? "–"].map(String)),
  ]);
  const widths = head.map((title, i) => Math.max(...[title, ...rows.map((row) => row[i] ?? "")].map(displayWidth)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => pad(cell, widths[i] ?? 0, i < 2 ? "end" : "start"))
      .join("  ")
      .trimEnd();
  return `${[dim(line(head)), ...rows.map(line)].join("\n")}\n`;
}
