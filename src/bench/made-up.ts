import type { Vocabulary } from "../engine/engine.js";
import { TelltaleError } from "../errors.js";
import { randomNumbers } from "../prefill/shuffle.js";

/** llama.cpp's attribute bits of a token. */
const NORMAL = 1 << 2;
/** Unknown, unused, control, byte. */
const UNUSUAL = (1 << 0) | (1 << 1) | (1 << 3) | (1 << 5);

/** Int32Array of the ids that stand for pieces of text, and for nothing else. Throws BAD_MODEL if there are none. */
export function ordinaryTokens({ attributes }: Pick<Vocabulary, "attributes">, model: string): Int32Array {
  const ids = Int32Array.from(attributes.keys()).filter((id) => {
    const bits = attributes[id] ?? 0;
    return (bits & NORMAL) !== 0 && (bits & UNUSUAL) === 0;
  });
  if (ids.length > 0) return ids;
  throw new TelltaleError("BAD_MODEL", `${model} has no ordinary tokens, so no text can be made up for it.`, { model });
}

/** Sequences of made-up tokens, one after the other, the same for a seed: Int32Array [length] a call. */
export function madeUpTokens(ordinary: Int32Array, seed: number): (length: number) => Int32Array {
  const random = randomNumbers(seed);
  const draw = (): number => ordinary[Math.floor(random() * ordinary.length)] as number;
  return (length) => Int32Array.from({ length }, draw);
}
