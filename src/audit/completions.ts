import { createHash } from "node:crypto";
import type { Completion, Engine, JobOptions, Vocabulary } from "../engine/engine.js";
import { decode, decodeText } from "../engine/vocabulary.js";
import type { CompletionRecord } from "../journal/records.js";
import type { ResolvedAuditOptions } from "./options.js";
import type { Wave } from "./waves.js";

/** A completion, and Float32Array [completion.length], nats: its log-probabilities as captured while it was generated. */
export interface Generated {
  record: CompletionRecord;
  captured: Float32Array;
}

/** Lets the finetuned model continue a wave's prefills; yields completions in the order in which they end. */
export async function* generateWave(
  engine: Engine,
  wave: Wave,
  options: Pick<ResolvedAuditOptions, "maxTokens" | "samples" | "sampling">,
  vocabulary: Vocabulary,
  job: JobOptions,
): AsyncGenerator<Generated[], void, void> {
  const { maxTokens, samples, sampling } = options;
  const request = {
    head: wave.head.tokens,
    prefills: wave.prefills,
    maxTokens,
    samples,
    firstPrefill: wave.first,
    ...(sampling && { sampling: { ...sampling, seed: configurationSeed(sampling.seed, wave.configuration) } }),
  };
  for await (const batch of engine.generate(request, job)) {
    yield batch.map((completion) => ({
      record: completionRecord(wave, completion, samples, vocabulary),
      captured: completion.logprobs,
    }));
  }
}

/** Ids of all completions of a prefill. */
export function completionIds(configuration: string, place: number, samples: number): string[] {
  return Array.from({ length: samples }, (_, sample) => completionId(configuration, place, sample, samples));
}

/** `<configuration>/<place of the prefill>`, with `.<sample>` behind it where a prefill has several. */
function completionId(configuration: string, place: number, sample: number, samples: number): string {
  return `${configuration}/${place}${samples > 1 ? `.${sample}` : ""}`;
}

/** 48 bits: every configuration draws from its own streams, whatever the others are. */
function configurationSeed(seed: number, configuration: string): number {
  return createHash("sha256").update(`${seed}/${configuration}`).digest().readUIntBE(0, 6);
}

function completionRecord(
  wave: Wave,
  completion: Completion,
  samples: number,
  vocabulary: Vocabulary,
): CompletionRecord {
  const prefill = wave.prefills[completion.prefill] as Int32Array;
  const shown = completion.stop === "eog" ? completion.tokens.subarray(0, -1) : completion.tokens;
  return {
    id: completionId(wave.configuration, wave.first + completion.prefill, completion.sample, samples),
    configuration: wave.configuration,
    prefill: Array.from(prefill),
    completion: Array.from(completion.tokens),
    stop: completion.stop,
    bytes: decode(vocabulary, shown).length,
    prefillText: decodeText(vocabulary, prefill),
    completionText: decodeText(vocabulary, shown),
  };
}
