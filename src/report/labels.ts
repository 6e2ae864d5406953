import { formatCompact, formatCount, formatFigure } from "../numbers.js";
import { POOLED } from "../rank/rankings.js";
import type { Dropped, Ranking, RankingEntry } from "../rank/schema.js";
import type { RankSettings } from "../rank/settings.js";
import type { StatisticName } from "../rank/statistics.js";
import type { ModelFacts } from "./model-facts.js";

/** How people call the statistics. */
export const STATISTIC_LABELS: Readonly<Record<StatisticName, string>> = {
  logRatio: "Log-ratio",
  pplDifference: "Perplexity difference",
  totalLogRatio: "Total log-ratio",
  probabilityDifference: "Probability difference",
  bitsPerByteDifference: "Bits per byte",
  peakWindow: "Peak window",
};

export const DROPPED_LABELS: Readonly<Record<keyof Dropped, string>> = {
  empty: "empty",
  unscored: "not scored by both",
  minTokens: "too short",
  repetition: "repetitive",
  nearDuplicates: "near-duplicates",
};

export const DROPPED_REASONS = Object.keys(DROPPED_LABELS) as (keyof Dropped)[];

/** Before figures that come from log-probabilities captured while generating. */
export const CAPTURED = "~";

/** Before ranks that noise could change. */
export const NOISY = "≈";

/** A completion's rank, marked where noise could change it. */
export function rankText({ rank, ranks }: Pick<RankingEntry, "rank" | "ranks">): string {
  return (ranks === undefined ? "" : NOISY) + formatCount(rank);
}

export function configurationLabel(configuration: string): string {
  return configuration === POOLED ? "all configurations" : configuration;
}

/** "1 completion", "2 completions". */
export function counted(count: number, singular: string, plural = `${singular}s`): string {
  return `${formatCount(count)} ${count === 1 ? singular : plural}`;
}

/** How many completions a ranking has and why others are not in it, as a sentence. */
export function rankedSentence({ count, dropped }: Pick<Ranking, "count" | "dropped">): string {
  const reasons = DROPPED_REASONS.filter((reason) => dropped[reason] > 0);
  const left = reasons.map((reason) => `${formatCount(dropped[reason])} ${DROPPED_LABELS[reason]}`).join(", ");
  return `${counted(count, "completion")} ranked; left out: ${left === "" ? "none" : left}.`;
}

/** What each filter asks of a completion; empty where all are off. */
export function filtersInWords({ minTokens, repetition, nearDuplicates }: RankSettings): string[] {
  return [
    ...(minTokens > 0 ? [`has at least ${counted(minTokens, "token")}`] : []),
    ...(repetition === null ? [] : [`deflates to ${percent(repetition)} of its bytes or more`]),
    ...(nearDuplicates === null
      ? []
      : [`is less than ${percent(nearDuplicates)} alike every higher one (token 3-grams)`]),
  ];
}

/** The same as a sentence. */
export function filtersSentence(settings: RankSettings): string {
  const filters = filtersInWords(settings);
  if (filters.length === 0) return "No filter is on.";
  const [last = "", ...others] = [...filters].reverse();
  const listed = others.length === 0 ? last : `${others.reverse().join(", ")} and ${last}`;
  return `A completion is ranked if it ${listed}.`;
}

export function percent(share: number): string {
  return `${formatFigure(100 * share)} %`.replace(/\.0+ %$/, " %");
}

/** A figure of a completion, marked where it is a captured one. */
export function figureOf(value: number, source: "captured" | undefined): string {
  return (source === undefined ? "" : CAPTURED) + formatFigure(value);
}

/** Architecture, size and quantisation of a model, as far as they are known. */
export function modelKind({ architecture, parameters, fileType }: ModelFacts): string {
  const size = parameters === null ? null : `${formatCompact(parameters)} parameters`;
  return [architecture, size, fileType].filter((part) => part !== null).join(", ");
}
