import { endianness } from "node:os";
import { TelltaleError } from "../errors.js";

const BYTES = 4;
const BIG_ENDIAN = endianness() === "BE";

/** Base64 of the little-endian bytes of a Float32Array [n]. */
export function encodeFloat32(values: Float32Array): string {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return (BIG_ENDIAN ? Buffer.from(bytes).swap32() : bytes).toString("base64");
}

/** Float32Array [n] from the base64 of its little-endian bytes; BAD_RUN where the text is not that. */
export function decodeFloat32(text: string): Float32Array {
  // A fresh buffer begins at offset 0, which a slice of Node's shared pool need not: Float32Array needs multiples of 4.
  const values = new Float32Array(Math.floor(Buffer.byteLength(text, "base64") / BYTES));
  const bytes = Buffer.from(values.buffer);
  const written = bytes.write(text, "base64");
  if (written !== bytes.length || bytes.toString("base64") !== text) {
    throw new TelltaleError(
      "BAD_RUN",
      "Log-probabilities in the run are not base64 of 32-bit floats. Score the run again.",
    );
  }
  if (BIG_ENDIAN) bytes.swap32();
  return values;
}
