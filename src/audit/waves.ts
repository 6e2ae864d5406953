import type { Head } from "./heads.js";
import type { ResolvedAuditOptions } from "./options.js";
import type { CorpusPrefills } from "./prefills.js";

/** A part of a configuration's prefills that is generated, and then scored, before the next one begins. */
export interface Wave {
  configuration: string;
  head: Head;
  prefills: readonly Int32Array[];
  /** Index of the first of them in the configuration. */
  first: number;
}

export interface WaveLayout {
  /** Completions of each prefill. */
  samples: number;
  /** Completions that are computed side by side, here or by servers. */
  slots: number;
}

/**
 * Rounds of the slots in a wave. At the end of each the slots run empty one by one, so fewer rounds cost time; more rounds
 * leave more completions unscored when a run is interrupted.
 */
const ROUNDS = 4;

/** Every corpus in every format, in waves. */
export function* waves(
  corpora: readonly CorpusPrefills[],
  heads: readonly Head[],
  layout: WaveLayout,
): Generator<Wave> {
  const size = waveCompletions(layout) / layout.samples;
  for (const corpus of corpora) {
    for (const head of heads) {
      for (let first = 0; first < corpus.prefills.length; first += size) {
        const prefills = corpus.prefills.slice(first, first + size);
        yield { configuration: `${corpus.name}/${head.format}`, head, prefills, first };
      }
    }
  }
}

export function layoutOf({
  options,
  slots,
}: {
  options: Pick<ResolvedAuditOptions, "samples">;
  slots: number;
}): WaveLayout {
  return { samples: options.samples, slots };
}

/** Completions in a wave: whole prefills, so a multiple of the samples of each. */
export function waveCompletions({ samples, slots }: WaveLayout): number {
  return Math.max(1, Math.floor((ROUNDS * slots) / samples)) * samples;
}
