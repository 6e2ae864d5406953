import type { RunNoise } from "../../journal/noise.js";
import { listAt, numberAt, textAt, valueAt } from "../../report/manifest.js";
import { endpointsOf, type ModelFacts, modelFacts } from "../../report/model-facts.js";
import { noiseSentence } from "../../report/noise-text.js";
import type { Fact } from "./fact-lines.js";
import { formatCompact, formatCount, formatDuration } from "./numbers.js";

/** Hexadecimal digits of a hash that are enough to tell two files apart. */
const HASH_DIGITS = 12;

/** What a run was made of, and how, by its run.json, performance.json and noise.json; what they do not say is left out. */
export function runFacts(manifest: unknown, performance: unknown, noise: RunNoise | null): Fact[] {
  const facts: [string, string | null][] = [
    ["finetuned", modelText(modelFacts(manifest, "finetuned"), endpointsOf(manifest, "finetuned"))],
    ["adapter", adapterText(manifest)],
    ["reference", modelText(modelFacts(manifest, "reference"), endpointsOf(manifest, "reference"))],
    ["tokens", tokensText(manifest)],
    ...listAt(manifest, "corpora").map((corpus): [string, string] => ["corpus", corpusText(corpus)]),
    ["formats", formatsText(manifest)],
    ["generated", generatedText(manifest)],
    ["scores", scoresText(manifest)],
    ["ranked with", rankText(manifest)],
    ["computed on", engineText(manifest)],
    ["noise", noiseSentence(noise)],
    ["started", startedText(manifest, performance)],
  ];
  return facts.filter((fact): fact is Fact => fact[1] !== null && fact[1] !== "");
}

function tokensText(manifest: unknown): string | null {
  const reason = textAt(manifest, "referenceTokens", "reason");
  return reason && `the reference scores the same text by its own: ${reason}`;
}

function modelText(model: ModelFacts | null, endpoints: string | null): string | null {
  if (model === null) return null;
  const { file, architecture, parameters, fileType, sha256 } = model;
  const size = parameters === null ? null : `${formatCompact(parameters)} parameters`;
  const hash = sha256.map((hex) => hex.slice(0, HASH_DIGITS)).join(" ");
  const where = endpoints === null ? null : `behind ${endpoints}`;
  return joined([file, architecture, size, fileType, hash === "" ? null : `SHA-256 ${hash}`, where]);
}

function adapterText(manifest: unknown): string | null {
  const adapter = modelFacts(manifest, "adapter");
  if (adapter === null) return null;
  const scale = textAt(manifest, "options", "lora", "scale");
  const hash = adapter.sha256[0]?.slice(0, HASH_DIGITS);
  return joined([adapter.file, scale && `scale ${scale}`, hash === undefined ? null : `SHA-256 ${hash}`]);
}

function corpusText(corpus: unknown): string {
  const count = (key: string): string | null => {
    const found = numberAt(corpus, "counts", key);
    return found === null ? null : formatCount(found);
  };
  const kept = count("kept");
  const documents = count("documents");
  return joined([
    textAt(corpus, "name"),
    textAt(corpus, "origin", "dataset"),
    textAt(corpus, "origin", "commit"),
    textAt(corpus, "origin", "path"),
    kept && `${kept} prefills${documents === null ? "" : ` of ${documents} documents`}`,
  ]);
}

function formatsText(manifest: unknown): string {
  return listAt(manifest, "formats")
    .map((format) => {
      const name = textAt(format, "format") ?? "";
      const said = ["system", "user"].map((role) => textAt(format, "chat", role)).filter((text) => text !== null);
      return said.length === 0 ? name : `${name} (${said.map((text) => `"${text}"`).join(", ")})`;
    })
    .join("; ");
}

function generatedText(manifest: unknown): string {
  const option = (name: string): string | null => textAt(manifest, "options", name);
  const [prefill, most, samples] = [option("prefillTokens"), option("maxTokens"), option("samples")];
  const temperature = textAt(manifest, "options", "sampling", "temperature");
  const sampling = valueAt(manifest, "options", "sampling") === undefined ? "greedy" : "drawn";
  return joined([
    textAt(manifest, "preset") && `preset ${textAt(manifest, "preset")}`,
    prefill && `${prefill} tokens of prefill`,
    most && `up to ${most} new tokens`,
    valueAt(manifest, "options") === undefined
      ? null
      : `${sampling}${temperature === null ? "" : ` at temperature ${temperature}`}`,
    samples === null || samples === "1" ? null : `${samples} samples a prefill`,
    option("seed") && `seed ${option("seed")}`,
  ]);
}

function scoresText(manifest: unknown): string {
  const calibrated = valueAt(manifest, "options", "calibrate") === true;
  const captured = textAt(manifest, "options", "finetunedScores") === "captured";
  return joined([
    captured ? "captured while generating, the first of every list scored again" : null,
    calibrated ? "calibrated: the reference continued the same prefills" : null,
  ]);
}

function rankText(manifest: unknown): string {
  const setting = (name: string): string | null => textAt(manifest, "options", "rank", name);
  return joined([
    listAt(manifest, "options", "rank", "statistics")
      .flatMap((name) => textAt(name) ?? [])
      .join(", "),
    setting("minTokens") && `at least ${setting("minTokens")} tokens`,
    setting("repetition") && `repetition ${setting("repetition")}`,
    setting("nearDuplicates") && `near-duplicates ${setting("nearDuplicates")}`,
    valueAt(manifest, "options", "rank", "countEndOfGeneration") === true ? "end of generation counted" : null,
  ]);
}

function engineText(manifest: unknown): string {
  const context = ["engines", "finetuned", "context"];
  const threads = textAt(manifest, ...context, "threads");
  const kvType = textAt(manifest, ...context, "kvTypeK");
  return joined([
    textAt(manifest, ...context, "device"),
    textAt(manifest, "machine", "processor"),
    threads && `${threads} ${threads === "1" ? "thread" : "threads"}`,
    kvType && `KV ${kvType}`,
    valueAt(manifest, ...context, "flashAttention") === true ? "flash attention" : null,
    textAt(manifest, "versions", "llamaCpp") && `llama.cpp ${textAt(manifest, "versions", "llamaCpp")}`,
    textAt(manifest, "versions", "telltale") && `Telltale ${textAt(manifest, "versions", "telltale")}`,
  ]);
}

function startedText(manifest: unknown, performance: unknown): string {
  const seconds = numberAt(performance, "seconds");
  const started = textAt(manifest, "startedAt")?.replace(/^(.{10})T(.{5}).*Z$/, "$1 $2 UTC") ?? null;
  return joined([started, seconds === null ? null : `took ${formatDuration(seconds)}`]);
}

function joined(parts: readonly (string | null)[]): string {
  return parts.filter((part) => part !== null && part !== "").join(", ");
}
