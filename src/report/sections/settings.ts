import { formatCompact, formatCount, formatDuration } from "../../numbers.js";
import type { ReportData } from "../data.js";
import { type Html, html } from "../escape-html.js";
import { filtersInWords, modelKind, STATISTIC_LABELS } from "../labels.js";
import { listAt, numberAt, textAt, valueAt } from "../manifest.js";
import { endpointsOf, modelFacts } from "../model-facts.js";
import { noiseSentence } from "../noise-text.js";

type Row = readonly [name: string, value: Html | string | null];

/** What was audited and with what settings, as far as run.json says. */
export function settingsSection({ rankings, manifest, performance, noise }: ReportData): Html {
  const rows: Row[] = [
    ["Finetuned", modelRow(manifest, "finetuned")],
    ["Adapter", modelRow(manifest, "adapter")],
    ["Reference", modelRow(manifest, "reference")],
    ["Tokens", tokensText(manifest)],
    ["Corpora", corporaText(manifest)],
    ["Formats", formatsText(manifest)],
    ["Prefill", amount(numberAt(manifest, "options", "prefillTokens"), "token")],
    ["Completion", completionText(manifest)],
    ["Statistics", rankings.settings.statistics.map((name) => STATISTIC_LABELS[name]).join(", ")],
    ["Filters", filtersInWords(rankings.settings).join("; ") || "none"],
    ["Preset", textAt(manifest, "preset")],
    ["Ran on", machineText(manifest)],
    ["Took", timeText(performance)],
    ["Noise", noiseSentence(noise)],
    ["Telltale", versionsText(manifest)],
  ];
  const said = rows.filter(([, value]) => value !== null && value !== "");
  return html`<section id="settings"><h2>How it was done</h2>
<dl class="settings">${said.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
</section>`;
}

function modelRow(manifest: unknown, role: "finetuned" | "adapter" | "reference"): Html | null {
  const facts = modelFacts(manifest, role);
  if (facts === null) return null;
  const kind = modelKind(facts);
  const hashes = facts.sha256.map((hash) => html`<br><code>sha256 ${hash}</code>`);
  const endpoints = role === "adapter" ? null : endpointsOf(manifest, role);
  const where = endpoints === null ? null : html`<br>behind <code>${endpoints}</code>`;
  return html`<b>${facts.file}</b>${kind === "" ? "" : ` ${kind}`}${hashes}${where}`;
}

function tokensText(manifest: unknown): string | null {
  const reason = textAt(manifest, "referenceTokens", "reason");
  return (
    reason && `The reference scores the same text by its own tokens (${reason}): perplexities are per token of each.`
  );
}

function corporaText(manifest: unknown): string {
  return listAt(manifest, "corpora")
    .map((corpus) => {
      const kept = numberAt(corpus, "counts", "kept");
      return `${textAt(corpus, "name") ?? "?"}${kept === null ? "" : `: ${formatCount(kept)} prefills`}`;
    })
    .join("; ");
}

function formatsText(manifest: unknown): string {
  return listAt(manifest, "formats")
    .map((format) => {
      const name = textAt(format, "format") ?? "?";
      const [system, user] = [textAt(format, "chat", "system"), textAt(format, "chat", "user")];
      const turns = [...(system === null ? [] : [`system “${system}”`]), ...(user === null ? [] : [`user “${user}”`])];
      return turns.length === 0 ? name : `${name} (${turns.join(", ")})`;
    })
    .join("; ");
}

function completionText(manifest: unknown): string | null {
  const most = numberAt(manifest, "options", "maxTokens");
  if (most === null) return null;
  const temperature = numberAt(manifest, "options", "sampling", "temperature");
  const drawn = temperature === null || temperature === 0 ? "greedy" : `temperature ${temperature}`;
  const samples = numberAt(manifest, "options", "samples") ?? 1;
  return `${formatCount(most)} tokens at most, ${drawn}${samples > 1 ? `, ${samples} of each prefill` : ""}`;
}

function machineText(manifest: unknown): string | null {
  const device = textAt(manifest, "engines", "finetuned", "context", "device");
  const processor = textAt(manifest, "machine", "processor");
  const cores = numberAt(manifest, "machine", "cores");
  const parts = [device, processor === null ? null : `${processor}${cores === null ? "" : `, ${cores} cores`}`];
  return parts.filter((part) => part !== null).join("; ") || null;
}

function timeText(performance: unknown): string | null {
  const seconds = numberAt(performance, "seconds");
  if (seconds === null) return null;
  const tokens = ["generate", "scoreFinetuned", "scoreReference"].map((work) => {
    return numberAt(performance, work, "tokens") ?? 0;
  });
  const part = valueAt(performance, "resumed") === true ? " by the process that ended it" : "";
  return `${formatDuration(seconds)}, ${formatCompact(tokens.reduce((sum, one) => sum + one, 0))} tokens generated and scored${part}`;
}

function versionsText(manifest: unknown): string | null {
  const versions = valueAt(manifest, "versions");
  const [own, llama] = [textAt(versions, "telltale"), textAt(versions, "llamaCpp")];
  return own === null ? null : `${own}${llama === null ? "" : `, llama.cpp ${llama}`}`;
}

function amount(count: number | null, what: string): string | null {
  return count === null ? null : `${formatCount(count)} ${what}${count === 1 ? "" : "s"}`;
}
