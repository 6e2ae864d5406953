import type { NoiseDifference, RoleNoise, RunNoise } from "../journal/noise.js";
import { formatCount, formatFigure } from "../numbers.js";
import type { NoiseSummary } from "../rank/schema.js";
import { counted, NOISY } from "./labels.js";

/** What a run measured of its noise, as a sentence; null where nothing was measured. */
export function noiseSentence(noise: RunNoise | null): string | null {
  if (noise === null || (noise.finetuned === undefined && noise.reference === undefined)) return null;
  const models = [modelText("finetuned", noise.finetuned), modelText("reference", noise.reference)];
  const { between } = noise;
  const same =
    between === undefined || between.largest === 0 ? [] : [`one role against the other ${amount([between])}`];
  return `Scored again, alone and together with others: ${[...models, ...same].join("; ")}.`;
}

/** What noise means for a ranking, without an end. */
export function noisyRanksText({ finetuned, reference, uncertain, settled }: NoiseSummary, count: number): string {
  const largest = Math.max(finetuned?.largest ?? 0, reference?.largest ?? 0);
  const off = `figures scored again are off by up to ${formatFigure(largest)} nats per token`;
  if (uncertain === 0) return `${off}, which changes no rank`;
  const marked = `${NOISY} ${formatCount(uncertain)} of ${counted(count, "completion")} could have another rank`;
  const held = settled === 0 ? "not even the first is sure" : `the list is sure down to rank ${formatCount(settled)}`;
  return `${marked}, since ${off}; ${held}`;
}

/** The ranks that a completion could have, e.g. "12 to 15". */
export function ranksText({ best, worst }: { best: number; worst: number }): string {
  return `${formatCount(best)} to ${formatCount(worst)}`;
}

function modelText(role: string, noise: RoleNoise | undefined): string {
  if (noise === undefined) return `${role} not measured`;
  return `${role} ${amount([noise.alone, noise.again])} (${counted(noise.sequences, "completion")})`;
}

function amount(differences: readonly NoiseDifference[]): string {
  const most = (key: keyof NoiseDifference): number => Math.max(...differences.map((difference) => difference[key]));
  if (most("largest") === 0) return "exactly the same";
  const [rms, largest, sum] = [most("rms"), most("largest"), most("largestSum")].map(formatFigure);
  return `off by ${rms} nats per token (root mean square), ${largest} at most, ${sum} over a completion`;
}
