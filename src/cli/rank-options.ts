import type { Command } from "commander";
import { DEFAULT_REPETITION } from "../rank/filters.js";
import { type KeywordSets, parseKeywordArguments, readKeywordFile } from "../rank/keywords.js";
import type { RankPreset, RankSettings } from "../rank/settings.js";
import { STATISTIC_NAMES, type StatisticName } from "../rank/statistics.js";
import { badOption, collect, countFrom } from "./option-values.js";

export const PRESETS: readonly RankPreset[] = ["default", "paper", "quick"];

/** What commander makes of the options of ranking; one that was not given is absent. */
export interface RankOptionValues {
  statistic?: StatisticName[];
  top?: number;
  minTokens?: number;
  repetition?: number | "off";
  countEog?: boolean;
  keyword?: string[];
  keywords?: string;
}

/** Adds the options that say how completions are ranked. */
export function addRankOptions(command: Command): Command {
  const statistics = STATISTIC_NAMES.join(" or ");
  const paper = "preset paper: off";
  return command
    .optionsGroup("Ranking:")
    .option("--statistic <name>", `rank by ${statistics}; repeatable (default: both)`, collectStatistic)
    .option("--top <n>", "completions listed per ranking (default: 100)", countFrom("--top", 1))
    .option(
      "--min-tokens <n>",
      `drop completions of fewer tokens (default: 20; ${paper})`,
      countFrom("--min-tokens", 0),
    )
    .option(
      "--repetition <share|off>",
      `drop completions that compress to less than this share (default: ${DEFAULT_REPETITION}; ${paper})`,
      repetitionShare,
    )
    .option("--count-eog", "count the end-of-generation token too (default: not counted)")
    .option("--keyword <terms>", 'mark completions that match, e.g. "glass; halden & bridge"; repeatable', collect)
    .option("--keywords <file>", "keywords from a file: one set of terms a line, or JSON");
}

/** Ranking settings, changed by the options that were given. */
export async function rankSettingsFrom(parsed: RankOptionValues, settings: RankSettings): Promise<RankSettings> {
  return {
    statistics: parsed.statistic ?? settings.statistics,
    top: parsed.top ?? settings.top,
    minTokens: parsed.minTokens ?? settings.minTokens,
    repetition: parsed.repetition === "off" ? null : (parsed.repetition ?? settings.repetition),
    countEndOfGeneration: parsed.countEog ?? settings.countEndOfGeneration,
    keywords: (await keywordsFrom(parsed)) ?? settings.keywords,
  };
}

async function keywordsFrom({ keyword, keywords }: RankOptionValues): Promise<KeywordSets | null> {
  const given = keyword === undefined ? [] : parseKeywordArguments(keyword);
  const read = keywords === undefined ? [] : await readKeywordFile(keywords);
  return keyword === undefined && keywords === undefined ? null : [...given, ...read];
}

function collectStatistic(value: string, previous: StatisticName[] = []): StatisticName[] {
  const statistic = STATISTIC_NAMES.find((name) => name === value);
  if (statistic === undefined) throw badOption("--statistic", STATISTIC_NAMES.join(" or "), value);
  return [...previous, statistic];
}

function repetitionShare(text: string): number | "off" {
  if (text === "off") return text;
  const share = Number(text);
  if (share > 0 && share <= 1) return share;
  throw badOption("--repetition", "a number above 0 and up to 1, or off", text);
}
