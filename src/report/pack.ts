import { formatFigure } from "../numbers.js";
import type { Ranking, RankingEntry } from "../rank/schema.js";
import { STATISTICS } from "../rank/statistics.js";
import { visibleText } from "../visible-text.js";
import type { ReportData } from "./data.js";
import { configurationLabel, figureOf, rankedSentence, STATISTIC_LABELS } from "./labels.js";
import { configurationOrder, distinctRankings, mainRanking } from "./main-ranking.js";
import { matchedBehaviours } from "./matched-behaviours.js";
import { packTokens } from "./pack-tokens.js";
import type { ListKind, PageCompletion, PageData, PageList } from "./page-data.js";
import { jsonForScript } from "./script-json.js";
import { SHADE_STEPS } from "./shade.js";
import type { ShownCompletion, ShownCompletions } from "./shown-completions.js";

/** Where a completion lies in the figure of the two perplexities. */
export type Place = (entry: RankingEntry) => { x: number; y: number };

interface Draft {
  kind: ListKind;
  ranking: Ranking;
  /** Indices of completions, as far as they have been packed. */
  at: number[];
}

/**
 * The data of the page's script, `budget` bytes at most: the main ranking whole, then all others rank by rank as far as the budget
 * goes. The main ranking's completions are the first of all.
 */
export function packPage(data: ReportData, shown: ShownCompletions, place: Place, budget: number): PageData {
  const drafts = draftLists(data);
  const names = configurationOrder(data.rankings.rankings);
  const statistics = data.rankings.settings.statistics;
  const behaviours = (data.rankings.settings.keywords ?? []).map(({ behaviour }) => behaviour);
  const completions: PageCompletion[] = [];
  const indices = new Map<ShownCompletion, number>();
  let left = budget;
  const add = (draft: Draft): void => {
    const entry = draft.ranking.top[draft.at.length];
    const completion = entry && shown[draft.kind === "null" ? "null" : "run"].get(entry.id);
    if (entry === undefined || completion === undefined) return;
    let index = indices.get(completion);
    left -= ENTRY_BYTES;
    if (index === undefined) {
      const packed = packCompletion(completion, names, behaviours, place);
      left -= Buffer.byteLength(jsonForScript(packed)) + 1;
      if (left < 0) return;
      index = completions.push(packed) - 1;
      indices.set(completion, index);
    }
    draft.at.push(index);
  };
  const [main, ...rest] = drafts;
  for (let i = 0; main !== undefined && i < main.ranking.top.length && left > 0; i += 1) add(main);
  const longest = Math.max(0, ...rest.map(({ ranking }) => ranking.top.length));
  for (let i = 0; i < longest && left > 0; i += 1) for (const draft of rest) if (left > 0) add(draft);
  return {
    configurations: names.map((name) => visibleText(configurationLabel(name))),
    statistics: statistics.map((name) => ({ name, label: STATISTIC_LABELS[name], unit: STATISTICS[name].unit })),
    behaviours: behaviours.map(visibleText),
    shadeSteps: SHADE_STEPS,
    completions,
    lists: drafts.map((draft) => packList(draft, names, statistics)),
  };
}

/** What an entry takes beside its completion: an index, a value, and sometimes the rest. */
const ENTRY_BYTES = 30;

/** Every list of the report, the main ranking first. */
function draftLists({ rankings: { rankings }, unfiltered, nullTop }: ReportData): Draft[] {
  const main = mainRanking(rankings);
  const drafts = (kind: ListKind, all: readonly Ranking[]): Draft[] =>
    distinctRankings(all).map((ranking) => ({ kind, ranking, at: [] }));
  return [
    ...drafts("ranked", rankings).sort((a, b) => Number(b.ranking === main) - Number(a.ranking === main)),
    ...drafts("unfiltered", unfiltered ?? []),
    ...drafts("null", nullTop ?? []),
  ];
}

function packList({ kind, ranking, at }: Draft, names: readonly string[], statistics: readonly string[]): PageList {
  const listed = ranking.top.slice(0, at.length);
  const column = (isPlain: (entry: RankingEntry) => boolean, text: (entry: RankingEntry) => string): string | null =>
    listed.every(isPlain) ? null : listed.map(text).join(" ");
  return {
    kind,
    configuration: names.indexOf(ranking.configuration),
    statistic: statistics.indexOf(ranking.statistic),
    summary: rankedSentence(ranking),
    cut: at.length < ranking.top.length,
    at: at.join(" "),
    values: listed.map(({ value, source }) => figureOf(value, source)).join(" "),
    p: column(
      ({ p }) => p === undefined,
      ({ p = 1 }) => formatFigure(p),
    ),
    q: column(
      ({ q }) => q === undefined,
      ({ q = 1 }) => formatFigure(q),
    ),
    standsFor: column(
      ({ standsFor }) => standsFor === 1,
      ({ standsFor }) => String(standsFor),
    ),
    ranks: column(
      ({ ranks }) => ranks === undefined,
      ({ ranks }) => (ranks === undefined ? "-" : `${ranks.best}-${ranks.worst}`),
    ),
  };
}

function packCompletion(
  { entry, configuration, prefill, completion, tokens }: ShownCompletion,
  names: readonly string[],
  behaviours: readonly string[],
  place: Place,
): PageCompletion {
  const matched = matchedBehaviours(entry, behaviours).map((name) => behaviours.indexOf(name));
  return {
    id: visibleText(entry.id),
    configuration: names.indexOf(configuration),
    prefill,
    completion,
    tokens: entry.tokens,
    pplFinetuned: figureOf(entry.pplFinetuned, entry.source),
    pplReference: formatFigure(entry.pplReference),
    ...(matched.length > 0 ? { behaviours: matched } : {}),
    ...place(entry),
    ...(tokens === null ? {} : { shown: packTokens(tokens, entry.peak.from) }),
  };
}
