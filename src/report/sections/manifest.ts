import type { ReportData } from "../data.js";
import { type Html, html } from "../escape-html.js";

/** Characters of a file in a page; far more than any real one has. */
const LONGEST = 100_000;

/** The files that say how the run was made and what it was ranked with, as they are. */
export function manifestSection({ manifest, performance, noise, rankings }: ReportData): Html {
  return html`<section id="manifest"><h2>The manifest</h2>
<p class="lead">Everything one needs to say why two runs differ.</p>
${file("run.json", manifest)}
${file("performance.json", performance)}
${file("noise.json", noise)}
${file("Settings of this ranking", rankings.settings)}
</section>`;
}

function file(name: string, value: unknown): Html | null {
  if (value === null || value === undefined) return null;
  const text = JSON.stringify(value, null, 2);
  const lines = text.slice(0, LONGEST).split("\n");
  const cut = text.length > LONGEST ? html`\n… ${text.length - LONGEST} characters more in the run's directory.` : null;
  return html`<details><summary>${name}</summary><pre tabindex="0">${lines.map((line, i) => html`${i === 0 ? null : html`\n`}${line}`)}${cut}</pre></details>`;
}
