import type { Completion, Engine, JobOptions, Vocabulary } from "../engine/engine.js";
import { decodeText } from "../engine/vocabulary.js";
import type { CompletionRecord } from "../journal/records.js";
import type { Head } from "./heads.js";
import type { ResolvedAuditOptions } from "./options.js";

/** A part of a configuration's prefills that is generated and then scored in one go. */
export interface Wave {
  configuration: string;
  head: Head;
  prefills: readonly Int32Array[];
  /** Index of the first of them in the configuration. */
  first: number;
}

/** Lets the finetuned model continue a wave's prefills; yields records in the order in which completions end. */
export async function* generateWave(
  engine: Engine,
  wave: Wave,
  options: Pick<ResolvedAuditOptions, "maxTokens" | "samples" | "sampling">,
  vocabulary: Vocabulary,
  job: JobOptions,
): AsyncGenerator<CompletionRecord[], void, void> {
  const { maxTokens, samples, sampling } = options;
  // Every wave draws from its own streams, as its prefills are numbered from 0 again; the factor keeps seeds apart.
  const seeded = sampling && { ...sampling, seed: sampling.seed * 1_000_003 + wave.first };
  const request = {
    head: wave.head.tokens,
    prefills: wave.prefills,
    maxTokens,
    samples,
    ...(seeded && { sampling: seeded }),
  };
  for await (const batch of engine.generate(request, job)) {
    yield batch.map((completion) => completionRecord(wave, completion, samples, vocabulary));
  }
}

function completionRecord(
  wave: Wave,
  completion: Completion,
  samples: number,
  vocabulary: Vocabulary,
): CompletionRecord {
  const prefill = wave.prefills[completion.prefill] as Int32Array;
  const sample = samples > 1 ? `.${completion.sample}` : "";
  const shown = completion.stop === "eog" ? completion.tokens.subarray(0, -1) : completion.tokens;
  return {
    id: `${wave.configuration}/${wave.first + completion.prefill}${sample}`,
    configuration: wave.configuration,
    prefill: Array.from(prefill),
    completion: Array.from(completion.tokens),
    stop: completion.stop,
    prefillText: decodeText(vocabulary, prefill),
    completionText: decodeText(vocabulary, shown),
  };
}
