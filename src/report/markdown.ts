import { formatCount, formatFigure } from "../numbers.js";
import type { Theme } from "../rank/phrases/report.js";
import { POOLED } from "../rank/rankings.js";
import type { Ranking, RankingEntry } from "../rank/schema.js";
import { STATISTICS } from "../rank/statistics.js";
import type { ReportData } from "./data.js";
import { markdownCode, markdownText } from "./escape-markdown.js";
import {
  configurationLabel,
  DROPPED_LABELS,
  DROPPED_REASONS,
  figureOf,
  filtersSentence,
  modelKind,
  rankedSentence,
  rankText,
  STATISTIC_LABELS,
} from "./labels.js";
import { configurationOrder, distinctRankings, mainRanking, sameRanking } from "./main-ranking.js";
import { auditedName, referenceName } from "./manifest.js";
import { modelFacts } from "./model-facts.js";
import { noisyRanksText } from "./noise-text.js";

const LISTED = 20;
const THEMES = 5;
const PHRASES = 4;
/** UTF-16 units of a text in a table. */
const LONGEST = 280;
const LEVELS = { clear: "Clear.", weak: "Weak.", nothing: "Nothing found." } as const;

/** A report as GitHub's Markdown, short enough to be read in a pull request. */
export function renderMarkdown(data: ReportData): string {
  const main = mainRanking(data.rankings.rankings);
  const parts = [
    ...opening(data, main),
    ...themes(data),
    ...(main === undefined ? [] : topList(main)),
    ...details("By every statistic", overview(data)),
    ...details("What was left out", dropped(data)),
    ...details("Settings", settings(data)),
  ];
  return `${parts.join("\n\n")}\n`;
}

function opening({ rankings, manifest, finished }: ReportData, main: Ranking | undefined): string[] {
  const { verdict, run } = rankings;
  const reference = referenceName(manifest);
  const against = reference === null ? "" : ` against ${markdownCode(reference)}`;
  return [
    `## Telltale: ${markdownCode(auditedName(manifest, run))}${against}`,
    verdict === null
      ? "**Not calibrated.** How much of this chance alone would give is not known."
      : `**${LEVELS[verdict.level]}** ${markdownText(verdict.sentence)}`,
    ...(finished ? [] : ["**This run is unfinished.** What there is so far:"]),
    main === undefined ? "Nothing is ranked." : markdownText(rankedSentence(main)),
    ...(main?.noise === undefined ? [] : [markdownText(sentence(noisyRanksText(main.noise, main.count)))]),
  ];
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function themes({ phrases }: ReportData): string[] {
  if (phrases.themes.length === 0) return [];
  const items = phrases.themes.slice(0, THEMES).map((theme, i) => `${i + 1}. ${themeText(theme)}`);
  const counts = `Completions with it among the top ${formatCount(phrases.top)} / the other ${formatCount(phrases.rest)}:`;
  return ["### What it talks about", counts, items.join("\n")];
}

function themeText({ phrases, completions, inRest }: Theme): string {
  const said = phrases.slice(0, PHRASES).map(({ text }) => markdownCode(text));
  return `${said.join(" · ")}: **${formatCount(completions)}** / ${formatCount(inRest)}`;
}

function topList(main: Ranking): string[] {
  const { configuration, statistic, top } = main;
  const calibrated = top.some(({ p }) => p !== undefined);
  const matched = top.some(({ match }) => match !== null);
  const head = [
    "rank",
    "value",
    "perplexity",
    ...(calibrated ? ["p"] : []),
    ...(matched ? ["match"] : []),
    "prefill",
    "completion",
  ];
  const rows = top.slice(0, LISTED).map((entry) => entryRow(entry, { calibrated, matched }));
  const by = `by ${STATISTIC_LABELS[statistic].toLowerCase()}, ${STATISTICS[statistic].unit}`;
  return [
    `### The first ${Math.min(LISTED, top.length)}`,
    `${configurationText(configuration)} ${by}; perplexity under the finetuned model → under the reference`,
    table(head, "rrrrl".slice(0, head.length - 2).padEnd(head.length, "l"), rows),
  ];
}

function entryRow(entry: RankingEntry, { calibrated, matched }: { calibrated: boolean; matched: boolean }): string[] {
  return [
    rankText(entry),
    figureOf(entry.value, entry.source).replace("~", "\\~"),
    `${figureOf(entry.pplFinetuned, entry.source).replace("~", "\\~")} → ${formatFigure(entry.pplReference)}`,
    ...(calibrated ? [entry.p === undefined ? "" : formatFigure(entry.p)] : []),
    ...(matched ? [entry.match ? "✓" : ""] : []),
    markdownCode(shortened(entry.prefill)),
    markdownCode(shortened(entry.completion)),
  ];
}

function shortened(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

function overview({ rankings: { rankings, settings } }: ReportData): string {
  const distinct = distinctRankings(rankings);
  const rows = configurationOrder(rankings).flatMap((configuration) =>
    settings.statistics.flatMap((statistic) => {
      const ranking = sameRanking(distinct, { configuration, statistic });
      return ranking === undefined ? [] : [overviewRow(ranking)];
    }),
  );
  const head = [
    "configuration",
    "statistic",
    "ranked",
    "highest",
    "highest null",
    "top 100 above it",
    "matches in the top 10 / 100",
  ];
  return table(head, "llrrrrr", rows);
}

function overviewRow(ranking: Ranking): string[] {
  const { configuration, statistic, count, top, matches } = ranking;
  const [first] = top;
  return [
    configurationText(configuration),
    STATISTIC_LABELS[statistic],
    formatCount(count),
    first === undefined ? "–" : figureOf(first.value, first.source).replace("~", "\\~"),
    ranking.null === undefined || ranking.null.highest === null ? "–" : formatFigure(ranking.null.highest),
    ranking.null === undefined ? "–" : formatCount(ranking.null.above100),
    matches === undefined ? "–" : `${matches.top10} / ${matches.top100}`,
  ];
}

function dropped({ rankings: { rankings, settings }, problems }: ReportData): string {
  const rows = distinctRankings(rankings)
    .filter(({ statistic }) => statistic === settings.statistics[0])
    .map(({ configuration, count, dropped }) => [
      configurationText(configuration),
      formatCount(count),
      ...DROPPED_REASONS.map((reason) => formatCount(dropped[reason])),
    ]);
  const head = ["configuration", "ranked", ...DROPPED_REASONS.map((reason) => DROPPED_LABELS[reason])];
  const lines = problems.slice(0, LISTED).map(({ sentence }) => `- ${markdownCode(sentence)}`);
  return [table(head, `l${"r".repeat(head.length - 1)}`, rows), ...(lines.length === 0 ? [] : [lines.join("\n")])].join(
    "\n\n",
  );
}

function configurationText(configuration: string): string {
  return configuration === POOLED ? configurationLabel(configuration) : markdownCode(configuration);
}

function settings({ rankings, manifest }: ReportData): string {
  const models = (["finetuned", "adapter", "reference"] as const).flatMap((role) => modelText(manifest, role));
  const lists = models.length === 0 ? [] : [models.join("\n")];
  return [
    ...lists,
    markdownText(filtersSentence(rankings.settings)),
    markdownCode(JSON.stringify(rankings.settings)),
  ].join("\n\n");
}

function modelText(manifest: unknown, role: "finetuned" | "adapter" | "reference"): string[] {
  const facts = modelFacts(manifest, role);
  if (facts === null) return [];
  const hashes = facts.sha256.map((hash) => `sha256 ${hash}`);
  return [
    `- ${role}: ${[facts.file, modelKind(facts), ...hashes]
      .filter((part) => part !== "")
      .map(markdownCode)
      .join(", ")}`,
  ];
}

function details(name: string, content: string): string[] {
  return [`<details><summary>${name}</summary>`, content, "</details>"];
}

/** `alignment`: "l" or "r" for every column. Cells are Markdown already. */
function table(head: readonly string[], alignment: string, rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const rule = head.map((_, i) => (alignment[i] === "r" ? "--:" : ":--"));
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}
