import { POOLED } from "../rank/rankings.js";
import type { Ranking, RankingEntry } from "../rank/schema.js";
import type { TokenDetail } from "../rank/token-detail.js";
import { visibleParts, visibleText } from "../visible-text.js";
import type { ReportData } from "./data.js";
import { thousandths } from "./shade.js";

/** A listed completion as it is shown; a run's and its null's are apart, although their ids are the same. */
export interface ShownCompletion {
  entry: RankingEntry;
  configuration: string;
  /** Texts that visibleText has been through. */
  prefill: string;
  completion: string;
  /** Null where the run holds no vocabulary, or a model's log-probabilities are missing. */
  tokens: ShownTokens | null;
}

export interface ShownTokens {
  /** Visible texts. Together they are the completion, the end-of-generation token aside, which has none. */
  texts: string[];
  /** -log p of each under both models, in thousandths of a nat. */
  finetuned: number[];
  reference: number[];
  /** The last token ended the generation. */
  ends: boolean;
}

export interface ShownCompletions {
  /** By id: of the run, and of its null. */
  run: Map<string, ShownCompletion>;
  null: Map<string, ShownCompletion>;
}

/** Every completion that any list of the report shows, once. */
export function showCompletions(data: ReportData): ShownCompletions {
  const own = [...data.rankings.rankings, ...(data.unfiltered ?? [])];
  return { run: collect(own, data.tokens), null: collect(data.nullTop ?? [], data.nullTokens) };
}

function collect(
  rankings: readonly Ranking[],
  details: ReadonlyMap<string, TokenDetail>,
): Map<string, ShownCompletion> {
  const shown = new Map<string, ShownCompletion>();
  // The pooled ranking comes last, so that a completion is met under its own configuration first, if it is listed there.
  const names = rankings.map(({ configuration }) => configuration).filter((name) => name !== POOLED);
  for (const { configuration, top } of [...rankings].sort((a, b) => pooledLast(a) - pooledLast(b))) {
    for (const entry of top) {
      if (shown.has(entry.id)) continue;
      const own = configuration === POOLED ? names.find((name) => entry.id.startsWith(`${name}/`)) : configuration;
      shown.set(entry.id, showCompletion(entry, own ?? configuration, details.get(entry.id)));
    }
  }
  return shown;
}

function pooledLast({ configuration }: Ranking): number {
  return configuration === POOLED ? 1 : 0;
}

function showCompletion(entry: RankingEntry, configuration: string, detail: TokenDetail | undefined): ShownCompletion {
  const prefill = visibleText(entry.prefill);
  const tokens = detail === undefined ? null : showTokens(detail);
  const completion = tokens?.texts.join("") ?? visibleText(entry.completion);
  return { entry, configuration, prefill, completion, tokens };
}

function showTokens({ texts, finetuned, reference, stop }: TokenDetail): ShownTokens | null {
  if (texts === null || finetuned === null || reference === null) return null;
  const ends = stop === "eog";
  const own = ends ? [...texts.slice(0, -1), ""] : texts;
  return {
    texts: visibleParts(own),
    ...comparable(finetuned, reference),
    ends,
  };
}

/** Where another tokenizer leaves nothing to compare, a token is shown as likely under either model. */
function comparable(
  finetuned: readonly (number | null)[],
  reference: readonly (number | null)[],
): Pick<ShownTokens, "finetuned" | "reference"> {
  const other = (values: readonly (number | null)[], i: number): number => thousandths(values[i] ?? 0);
  return {
    finetuned: finetuned.map((value, i) => (value === null ? other(reference, i) : thousandths(value))),
    reference: reference.map((value, i) => (value === null ? other(finetuned, i) : thousandths(value))),
  };
}
