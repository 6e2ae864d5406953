import { randomNumbers } from "#telltale/prefill/shuffle.js";

/** Seeded random weights, fast enough to write a billion of them. */

const TABLE_SIZE = 1 << 16;
const DEVIATION = 0.02;

export function normals(count: number, seed: number): Float32Array {
  const next = randomNumbers(seed);
  return Float32Array.from({ length: count }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - next()));
    return DEVIATION * radius * Math.cos(2 * Math.PI * next());
  });
}

/** Fills Uint16Arrays with F16 weights drawn from a table of normal ones. */
export function halfWeights(seed: number): (into: Uint16Array) => void {
  const table = Uint16Array.from(normals(TABLE_SIZE, seed), halfBits);
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  return (into) => {
    for (let i = 0; i < into.length; i += 1) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      into[i] = table[(state >>> 8) & (TABLE_SIZE - 1)] as number;
    }
  };
}

const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);

/** The F16 bits of a number; what is too small for a normal F16 becomes 0. */
function halfBits(value: number): number {
  single[0] = value;
  const bits = (singleBits[0] as number) + 0x1000;
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 112;
  return exponent <= 0 ? sign : sign | (exponent << 10) | ((bits >>> 13) & 0x3ff);
}
