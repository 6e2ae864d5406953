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

/** Places of a wave's prefills in its configuration. */
export function placesOf({ first, prefills }: Wave): number[] {
  return prefills.map((_, i) => first + i);
}

/**
 * A wave with the prefills from the first to the last of these places. Those between that are not named are made once more: what is
 * drawn depends on the place, so a wave has no gaps.
 */
export function partOf(wave: Wave, places: readonly number[]): Wave {
  const [first = wave.first, last = first] = [places[0], places.at(-1)];
  return { ...wave, first, prefills: wave.prefills.slice(first - wave.first, last - wave.first + 1) };
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

/**
 * Every corpus in every format, in waves. `isDone`: whether nothing is left to make of a prefill, given by its configuration and
 * place; a wave holds prefills that follow each other, since what is drawn depends on the place.
 */
export function* waves(
  corpora: readonly CorpusPrefills[],
  heads: readonly Head[],
  layout: WaveLayout,
  isDone: (configuration: string, place: number) => boolean = () => false,
): Generator<Wave> {
  const size = waveCompletions(layout) / layout.samples;
  for (const { name, prefills } of corpora) {
    for (const head of heads) {
      const configuration = `${name}/${head.format}`;
      for (let first = 0; first < prefills.length; ) {
        let end = first;
        while (end < prefills.length && end - first < size && !isDone(configuration, end)) end += 1;
        if (end > first) yield { configuration, head, prefills: prefills.slice(first, end), first };
        first = Math.max(end, first + 1);
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
