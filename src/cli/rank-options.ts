import type { Command } from "commander";
import { z } from "zod";
import { DEFAULT_REPETITION } from "../rank/filters.js";
import type { KeywordCatalogue } from "../rank/keywords/catalogue.js";
import { joinCatalogues } from "../rank/keywords/join.js";
import { parseKeywordArguments } from "../rank/keywords/parse.js";
import { readKeywords } from "../rank/keywords/read.js";
import { DEFAULT_NEAR_DUPLICATES } from "../rank/near-duplicates.js";
import type { RankPreset, RankSettings } from "../rank/settings.js";
import { STATISTIC_NAMES, type StatisticName } from "../rank/statistics.js";
import { didYouMean } from "./did-you-mean.js";
import { badOption, choiceOption, collect, countFrom, oneOrMore, taking } from "./option-values.js";

/** Every statistic. */
const ALL = "all";

export const PRESETS: readonly RankPreset[] = ["default", "paper", "quick"];

/** What commander makes of the options of ranking; one that was not given is absent. */
export interface RankOptionValues {
  statistic?: StatisticName[];
  top?: number;
  minTokens?: number;
  repetition?: number | "off";
  nearDuplicates?: number | "off";
  countEog?: boolean;
  keyword?: string[];
  keywords?: string[];
}

/** Adds the options that say how completions are ranked. */
export function addRankOptions(command: Command): Command {
  const paper = "preset paper: off";
  return command
    .optionsGroup("Ranking:")
    .option(
      "--statistic <name>",
      `rank by ${STATISTIC_NAMES.join(", ")} or ${ALL}; repeatable (default: logRatio and pplDifference)`,
      collectStatistic,
    )
    .option("--top <n>", "completions listed per ranking (default: 100)", countFrom("--top", 1))
    .option(
      "--min-tokens <n>",
      `drop completions of fewer tokens (default: 20; ${paper})`,
      countFrom("--min-tokens", 0),
    )
    .option(
      "--repetition <share|off>",
      `drop completions that compress to less than this share (default: ${DEFAULT_REPETITION}; ${paper})`,
      shareOf("--repetition"),
    )
    .option(
      "--near-duplicates <share|off>",
      `list one of several completions that share so many of their token 3-grams (default: ${DEFAULT_NEAR_DUPLICATES}; ${paper})`,
      shareOf("--near-duplicates"),
    )
    .option("--count-eog", "count the end-of-generation token too (default: not counted)")
    .option("--keyword <terms>", 'mark completions that match, e.g. "glass; halden & bridge"; repeatable', collect)
    .option(
      "--keywords <file>",
      'behaviours and their keywords from a file (docs/keywords.md), or "paper": the published ones; repeatable',
      collect,
    );
}

/**
 * Adds what every command takes that ranks runs again, and begins the options of its output; `settings`: what holds without a
 * preset.
 */
export function addReadingOptions(command: Command, settings = "the run's own"): Command {
  return addRankOptions(command)
    .addOption(choiceOption("--preset <name>", "filters and statistics to start from", PRESETS, settings))
    .optionsGroup("Output:");
}

/** Ranking settings, changed by the options that were given. */
export async function rankSettingsFrom(parsed: RankOptionValues, settings: RankSettings): Promise<RankSettings> {
  return {
    ...settings,
    statistics: parsed.statistic ?? settings.statistics,
    top: parsed.top ?? settings.top,
    minTokens: parsed.minTokens ?? settings.minTokens,
    repetition: parsed.repetition === "off" ? null : (parsed.repetition ?? settings.repetition),
    nearDuplicates: parsed.nearDuplicates === "off" ? null : (parsed.nearDuplicates ?? settings.nearDuplicates),
    countEndOfGeneration: parsed.countEog ?? settings.countEndOfGeneration,
    keywords: (await keywordsFrom(parsed)) ?? settings.keywords,
  };
}

/** What the options of keywords say; null where none was given. */
async function keywordsFrom({ keyword, keywords = [] }: RankOptionValues): Promise<KeywordCatalogue | null> {
  const given = keyword === undefined ? [] : [parseKeywordArguments(keyword)];
  const read = await Promise.all(keywords.map(readKeywords));
  const catalogue = joinCatalogues([...given, ...read]);
  return catalogue.length === 0 ? null : catalogue;
}

function collectStatistic(value: string, previous: StatisticName[] = []): StatisticName[] {
  if (value === ALL) return [...new Set([...previous, ...STATISTIC_NAMES])];
  const statistic = STATISTIC_NAMES.find((name) => name === value);
  if (statistic !== undefined) return [...previous, statistic];
  const wanted = `${STATISTIC_NAMES.join(", ")} or ${ALL}`;
  throw badOption("--statistic", wanted, value, didYouMean(value, [...STATISTIC_NAMES, ALL]));
}
taking(oneOrMore(z.enum([...STATISTIC_NAMES, ALL])), collectStatistic, true);

function shareOf(option: string): (text: string) => number | "off" {
  return taking(z.union([z.number().gt(0).max(1), z.literal("off")]), (text: string) => {
    if (text === "off") return text;
    const share = Number(text);
    if (share > 0 && share <= 1) return share;
    throw badOption(option, "a number above 0 and up to 1, or off", text);
  });
}
