import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import type { EngineFacts } from "../engine/engine.js";
import type { EnginePlan } from "../engine/host/plan.js";
import { LIBRARY_VARIABLE, pinnedRelease } from "../engine/native/library.js";
import type { Role } from "../journal/records.js";
import type { Head } from "./heads.js";
import type { ModelFiles } from "./model-files.js";
import type { ResolvedAuditOptions } from "./options.js";
import type { PlacementDecision } from "./placement.js";
import type { CorpusPrefills } from "./prefills.js";
import { workingDirectoryFrom } from "./rebase.js";
import type { ModelTokens, OwnTokens } from "./tokens.js";
import type { Tallies, Tally, Work } from "./workshop.js";

/** What is known once everything has been prepared and nothing computed yet. */
export interface Prepared {
  options: ResolvedAuditOptions;
  files: ModelFiles;
  corpora: readonly CorpusPrefills[];
  /** The formats with each model's own heads. */
  heads: Record<Role, readonly Head[]>;
  tokens: ModelTokens;
  /** Null where no model runs here. */
  plan: EnginePlan | null;
  placement: PlacementDecision;
  facts: { [role in Role]?: EngineFacts };
}

/** The content of run.json: everything one needs to say why two runs differ. */
export function manifest(prepared: Prepared, directory: string, startedAt: Date): object {
  const { options, corpora, heads } = prepared;
  return {
    schema: "telltale.run/1",
    startedAt: startedAt.toISOString(),
    preset: options.preset,
    versions: versions(),
    machine: machineFacts(),
    files: prepared.files,
    workingDirectory: workingDirectoryFrom(directory),
    options,
    vocabularies: {
      finetuned: vocabularyRecord(prepared.tokens.finetuned),
      reference: vocabularyRecord(prepared.tokens.reference),
    },
    corpora: corpora.map(({ name, origin, counts, digest }) => ({ name, origin, counts, digest })),
    formats: heads.finetuned.map(formatRecord),
    ...(prepared.tokens.differ !== null && {
      referenceTokens: { reason: prepared.tokens.differ, formats: heads.reference.map(formatRecord) },
    }),
    configurations: corpora.flatMap(({ name, prefills }) =>
      heads.finetuned.map(({ format }) => ({
        configuration: `${name}/${format}`,
        completions: prefills.length * options.samples,
      })),
    ),
    plan: prepared.plan && { gpu: prepared.plan.gpu, gpuReason: prepared.plan.gpuReason, ...prepared.plan.choice },
    placement: prepared.placement,
    engines: prepared.facts,
  };
}

/** What the token ids of a run mean; null where only servers know. */
function vocabularyRecord(tokens: OwnTokens | null): object | null {
  if (tokens === null) return null;
  const { bytes, offsets } = tokens.vocabulary;
  return { tokens: offsets.length - 1, sha256: createHash("sha256").update(offsets).update(bytes).digest("hex") };
}

function formatRecord({ format, tokens, chat }: Head): object {
  return { format, head: Array.from(tokens), chat };
}

/** Facts that two equal runs share: without the memory that was free when a device was looked at. */
export function lastingFacts(facts: Prepared["facts"]): object {
  const lasting = Object.entries(facts).map(([role, each]) => {
    if (each.kind === "remote") return [role, each];
    const devices = each.library.devices.map(({ memoryFree: _free, ...device }) => device);
    return [role, { ...each, library: { ...each.library, devices } }];
  });
  return Object.fromEntries(lasting);
}

/** Of everything that computes. */
export function versions() {
  return {
    telltale: packageVersion(),
    llamaCpp: pinnedRelease(),
    library: process.env[LIBRARY_VARIABLE] ? "custom" : "prebuilt",
    node: process.versions.node,
  };
}

export function machineFacts() {
  return {
    platform: process.platform,
    arch: process.arch,
    processor: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryBytes: totalmem(),
  };
}

/**
 * The content of performance.json: how long it took; of a run that was interrupted, only what the process did that ended it
 * (`resumed`). Apart from the summary, which two equal runs share.
 */
export function performanceRecord(
  { run, calibration }: Tallies,
  resumed: boolean,
  startedAt: Date,
  finishedAt: Date,
): object {
  return {
    schema: "telltale.performance/1",
    resumed,
    startedAt: startedAt.toISOString(),
    finishedAt: finishedAt.toISOString(),
    seconds: (finishedAt.getTime() - startedAt.getTime()) / 1000,
    ...rates(run),
    ...(calibration && { calibrate: rates(calibration) }),
  };
}

function rates({ generated, scored }: Tally): object {
  const rate = ({ completions, tokens, seconds, spent }: Work): object => ({
    completions,
    tokens,
    seconds,
    tokensPerSecond: seconds > 0 ? tokens / seconds : 0,
    bytesReadPerToken: tokens > 0 ? spent.bytesRead / tokens : 0,
    engine: spent,
  });
  return { generate: rate(generated), scoreFinetuned: rate(scored.finetuned), scoreReference: rate(scored.reference) };
}

export function packageVersion(): string {
  const url = new URL("../../package.json", import.meta.url);
  return (JSON.parse(readFileSync(url, "utf8")) as { version: string }).version;
}
