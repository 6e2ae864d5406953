import { formatCount, formatFigure } from "../../numbers.js";
import type { RankingEntry } from "../../rank/schema.js";
import { type Html, html, withSigns } from "../escape-html.js";
import { figureOf, NOISY } from "../labels.js";
import { matchedBehaviours } from "../matched-behaviours.js";
import { ranksText } from "../noise-text.js";
import { shadeClass } from "../shade.js";
import type { ShownCompletion, ShownTokens } from "../shown-completions.js";

/** One completion of a list. The page's script makes the same of its data: page/entry.ts. */
export function listEntry(
  entry: RankingEntry,
  shown: ShownCompletion,
  options: { several: boolean; behaviours: readonly string[] },
): Html {
  const { tokens } = shown;
  return html`<li class="entry" id="e${entry.rank}"><p class="place"><span class="rank">${formatCount(entry.rank)}</span><span class="value">${figureOf(entry.value, entry.source)}</span></p><p class="text" dir="auto"><span class="prefill">${withSigns(shown.prefill)}</span>${
    tokens === null
      ? html`<span class="plain">${withSigns(shown.completion)}</span>`
      : html`<span class="tokens">${tokens.texts.map((text, i) => token(tokens, text, i))}</span>`
  }</p><p class="facts">${facts(entry, shown, options).map(([kind, text]) => html`<span class="${kind}">${text}</span> `)}</p></li>
`;
}

function token({ finetuned, reference, ends }: ShownTokens, text: string, i: number): Html {
  const shade = shadeClass(finetuned[i] ?? 0, reference[i] ?? 0);
  const last = ends && i === finetuned.length - 1;
  const classes = [...(shade === "" ? [] : [shade]), ...(last ? ["end"] : [])];
  return classes.length === 0
    ? html`<span>${withSigns(text)}</span>`
    : html`<span class="${classes.join(" ")}">${withSigns(text)}</span>`;
}

function facts(
  entry: RankingEntry,
  { configuration }: ShownCompletion,
  { several, behaviours }: { several: boolean; behaviours: readonly string[] },
): (readonly [kind: string, text: string])[] {
  const { standsFor, p, q, ranks, tokens, source } = entry;
  const perplexities = `${figureOf(entry.pplFinetuned, source)} → ${formatFigure(entry.pplReference)}`;
  return [
    ["perplexity", perplexities],
    ["count", `${formatCount(tokens)} ${tokens === 1 ? "token" : "tokens"}`],
    ...(several ? [["configuration", configuration] as const] : []),
    ...matchedBehaviours(entry, behaviours).map((name) => ["matches", `✓ ${name}`] as const),
    ...(standsFor > 1 ? [["alike", `×${formatCount(standsFor)} alike`] as const] : []),
    ...(p === undefined || q === undefined ? [] : [["chance", `p ${formatFigure(p)}, q ${formatFigure(q)}`] as const]),
    ...(ranks === undefined ? [] : [["noisy", `${NOISY} rank ${ranksText(ranks)}`] as const]),
  ];
}
