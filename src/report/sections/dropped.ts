import { formatCount, formatFigure } from "../../numbers.js";
import type { Ranking } from "../../rank/schema.js";
import type { ReportData } from "../data.js";
import { type Html, html, modelText } from "../escape-html.js";
import { configurationLabel, counted, DROPPED_LABELS, DROPPED_REASONS, filtersSentence } from "../labels.js";
import { configurationOrder, distinctRankings } from "../main-ranking.js";
import { noisyRanksText } from "../noise-text.js";

/** Problems in view at once. */
const SHOWN = 20;

/** Everything that is not in the lists, and why. */
export function droppedSection({ rankings, problems }: ReportData): Html {
  const { settings } = rankings;
  const order = configurationOrder(rankings.rankings);
  const rows = distinctRankings(rankings.rankings)
    .filter(({ statistic }) => statistic === settings.statistics[0])
    .sort((a, b) => order.indexOf(a.configuration) - order.indexOf(b.configuration));
  return html`<section id="dropped" class="wide"><h2>What was left out</h2>
<p class="lead">${filtersSentence(settings)} Those left out are counted under the first reason that holds.</p>
<div class="scroll"><table><thead><tr><th scope="col">configuration</th><th scope="col" class="n">ranked</th>${DROPPED_REASONS.map((reason) => html`<th scope="col" class="n">${DROPPED_LABELS[reason]}</th>`)}</tr></thead>
<tbody>${rows.map(droppedRow)}</tbody></table></div>
${rows.map(capturedNote)}
${rows.map(noiseNote)}
${problems.length === 0 ? html`<p class="note">Every line of the run could be read.</p>` : problemList(problems)}
</section>`;
}

function droppedRow({ configuration, count, dropped }: Ranking): Html {
  return html`<tr><th scope="row">${configurationLabel(configuration)}</th><td class="n"><b>${formatCount(count)}</b></td>${DROPPED_REASONS.map((reason) => html`<td class="n">${dropped[reason] === 0 ? "–" : formatCount(dropped[reason])}</td>`)}</tr>`;
}

function capturedNote({ configuration, count, captured }: Ranking): Html | null {
  if (captured === undefined) return null;
  const { completions, settled, largest } = captured;
  const off =
    largest === null
      ? "by how much that is off was not measured"
      : `as generated they were off by up to ${formatFigure(largest)} nats per token`;
  const until = settled === 0 ? "no rank is settled" : `the list is settled down to rank ${formatCount(settled)}`;
  return html`<p class="note">~ ${configurationLabel(configuration)}: ${formatCount(completions)} of ${counted(count, "completion")} not scored again by the finetuned model; ${off}, so ${until}.</p>`;
}

function noiseNote({ configuration, count, noise }: Ranking): Html | null {
  if (noise === undefined) return null;
  return html`<p class="note">${configurationLabel(configuration)}: ${noisyRanksText(noise, count)}.</p>`;
}

function problemList(problems: ReportData["problems"]): Html {
  const items = problems.map(({ sentence }) => html`<li>${modelText(sentence)}</li>`);
  return html`<h3>Lines that could not be used</h3><ul class="problems">${items.slice(0, SHOWN)}</ul>${
    items.length <= SHOWN
      ? null
      : html`<details><summary>${items.length - SHOWN} more</summary><ul class="problems">${items.slice(SHOWN)}</ul></details>`
  }`;
}
