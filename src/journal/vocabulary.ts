import { endianness } from "node:os";
import { TelltaleError } from "../errors.js";
import { readJsonIfThere, writeJsonAtomic } from "./json-file.js";

const SCHEMA = "telltale.vocabulary/1";
const OFFSET_BYTES = 4;
const BIG_ENDIAN = endianness() === "BE";
const BROKEN = "\uFFFD";

/** The bytes of every token of a run's models. */
export interface RunVocabulary {
  /** Uint8Array: the bytes of all tokens, one after the other. */
  bytes: Uint8Array;
  /** Uint32Array [nTokens + 1]: where each token begins in `bytes`; the last is where the bytes end. */
  offsets: Uint32Array;
}

/** Writes vocabulary.json: both arrays as base64, the offsets as little-endian 32-bit integers. */
export async function writeVocabulary(path: string, { bytes, offsets }: RunVocabulary): Promise<void> {
  const raw = Buffer.from(offsets.buffer, offsets.byteOffset, offsets.byteLength);
  await writeJsonAtomic(path, {
    schema: SCHEMA,
    bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64"),
    offsets: (BIG_ENDIAN ? Buffer.from(raw).swap32() : raw).toString("base64"),
  });
}

/** Reads vocabulary.json; null where there is none, BAD_RUN where it is not what `writeVocabulary` writes. */
export async function readVocabulary(path: string): Promise<RunVocabulary | null> {
  const content = await readJsonIfThere(path);
  if (content === undefined) return null;
  if (typeof content !== "object" || content === null) throw damaged(path, "it is not an object");
  const { schema, bytes, offsets } = content as Record<string, unknown>;
  if (schema !== SCHEMA) throw damaged(path, `its "schema" is not "${SCHEMA}"`);
  const vocabulary = { bytes: decodeBase64(path, "bytes", bytes), offsets: decodeOffsets(path, offsets) };
  const reason = contradiction(vocabulary);
  if (reason !== null) throw damaged(path, reason);
  return vocabulary;
}

/**
 * The text of each token of a sequence. A character that takes several tokens stands at the one that ends it, and the others
 * are empty; what is not UTF-8 becomes U+FFFD where that shows, at the end at the last token. An id that is none is U+FFFD.
 */
export function tokenTexts({ bytes, offsets }: RunVocabulary, ids: ArrayLike<number>): string[] {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const last = ids.length - 1;
  return Array.from(ids, (id, i) => {
    const start = offsets[id];
    const end = offsets[id + 1];
    if (start !== undefined && end !== undefined) {
      return decoder.decode(bytes.subarray(start, end), { stream: i < last });
    }
    // A character cannot go on behind what is no token.
    return decoder.decode() + BROKEN;
  });
}

function decodeBase64(path: string, key: string, value: unknown): Buffer<ArrayBuffer> {
  if (typeof value !== "string") throw damaged(path, `its "${key}" is not a text`);
  // A fresh buffer begins at offset 0, which a slice of Node's shared pool need not: Uint32Array needs multiples of 4.
  const bytes = Buffer.alloc(Buffer.byteLength(value, "base64"));
  if (bytes.write(value, "base64") !== bytes.length || bytes.toString("base64") !== value) {
    throw damaged(path, `its "${key}" is not base64`);
  }
  return bytes;
}

function decodeOffsets(path: string, value: unknown): Uint32Array {
  const raw = decodeBase64(path, "offsets", value);
  if (raw.length % OFFSET_BYTES !== 0) throw damaged(path, 'its "offsets" are not 32-bit integers');
  if (BIG_ENDIAN) raw.swap32();
  return new Uint32Array(raw.buffer, raw.byteOffset, raw.length / OFFSET_BYTES);
}

function contradiction({ bytes, offsets }: RunVocabulary): string | null {
  if (offsets.length < 1 || offsets[0] !== 0) return 'its "offsets" do not begin at 0';
  if (offsets.at(-1) !== bytes.length) return 'its "offsets" do not end where its "bytes" end';
  const descends = offsets.some((offset, i) => i > 0 && offset < (offsets[i - 1] as number));
  return descends ? 'its "offsets" descend' : null;
}

function damaged(path: string, reason: string): TelltaleError {
  const sentence = `"${path}" is damaged: ${reason}. Restore it, or remove it to do without the texts of single tokens.`;
  return new TelltaleError("BAD_RUN", sentence);
}
