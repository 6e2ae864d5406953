import type { NoiseDifference, RoleNoise } from "../journal/noise.js";
import type { Role } from "../journal/records.js";
import { formatFigure } from "../numbers.js";

/** Nats a token, root mean square: far beyond what rounding does, and near to what a light finetuning does. */
const LARGE = 0.05;

/** What a person should know of a model's noise: that it is large, or that there is any where there should be none. */
export function noiseNotes(
  role: Role,
  onCpu: boolean,
  { alone, again }: RoleNoise,
  between: NoiseDifference | null,
): string[] {
  const who = role === "finetuned" ? "finetuned model" : "reference";
  const all = [alone, again, ...(between === null ? [] : [between])];
  const [rms, largest] = [
    Math.max(...all.map((difference) => difference.rms)),
    Math.max(...all.map((difference) => difference.largest)),
  ];
  const measured = `scored alone and with others, the same completions differ by ${formatFigure(rms)} nats a token (root mean square), ${formatFigure(largest)} at most`;
  if (rms > LARGE) {
    return [
      `The ${who} is noisy: ${measured}. Ranks that this could change are marked ≈; a smaller difference between the models than this means nothing.`,
    ];
  }
  if (largest === 0 || !onCpu) return [];
  return [
    `The ${who} runs on the CPU, where what is computed beside a completion should not change its figures, but ${measured}. Ranks that this could change are marked ≈.`,
  ];
}
