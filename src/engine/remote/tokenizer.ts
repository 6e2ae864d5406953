import { endianness } from "node:os";
import { z } from "zod";
import { TelltaleError } from "../../errors.js";
import { quoted } from "../../safe-text.js";
import type { FileTokenizer, TokenizeOptions, TokenizerFacts, Vocabulary } from "../engine.js";
import { decode } from "../vocabulary.js";
import { parsed } from "./answers.js";
import { malformed } from "./failure.js";
import type { Endpoint } from "./manner.js";

/** Bytes of the answer that holds a vocabulary: the largest known ones take some 20 million. */
const LARGEST = 2 ** 28;

const VocabularyAnswer = z.object({
  bytes: z.base64(),
  offsets: z.base64(),
  attributes: z.base64(),
  facts: z.object({
    vocabularySize: z.int().min(1),
    vocabularyType: z.string(),
    bos: z.int(),
    eos: z.int(),
    eot: z.int(),
    addBos: z.boolean(),
    chatTemplate: z.string().nullable(),
  }),
});

const TokensAnswer = z.object({ tokens: z.array(z.int().min(0)) });

/** The vocabulary of the model that a Telltale server runs: read once, texts made into tokens by the server. */
export async function openServedTokenizer(
  { url, root, get, post }: Endpoint,
  model: string,
  signal: AbortSignal,
): Promise<FileTokenizer> {
  const { json } = await get(`${root}/vocabulary?model=${encodeURIComponent(model)}`, LARGEST, signal);
  const answer = parsed(VocabularyAnswer, json);
  const vocabulary: Vocabulary = {
    bytes: Buffer.from(answer.bytes, "base64"),
    offsets: Uint32Array.from(integers(answer.offsets), (each) => each >>> 0),
    attributes: integers(answer.attributes),
  };
  refuseDamaged(vocabulary, answer.facts.vocabularySize);
  const facts: TokenizerFacts = { path: url, ...answer.facts };
  const closing = new AbortController();
  return {
    facts,
    async tokenize(texts, options: TokenizeOptions = {}) {
      const sequences: Int32Array[] = [];
      for (const prompt of texts) {
        const body = {
          model,
          prompt,
          add_special_tokens: options.addSpecial ?? false,
          parse_special: options.parseSpecial ?? false,
        };
        const told = await post(`${root}/tokenize`, body, Buffer.byteLength(prompt) + 16, closing.signal);
        sequences.push(Int32Array.from(parsed(TokensAnswer, told.json).tokens));
      }
      return sequences;
    },
    detokenize: async (sequences) => sequences.map((sequence) => decode(vocabulary, sequence)),
    vocabulary: async () => vocabulary,
    close: async () => closing.abort(),
  };
}

/** Int32Array of little-endian integers in base64. */
function integers(base64: string): Int32Array {
  const raw = Buffer.from(base64, "base64");
  if (raw.length % 4 !== 0) throw malformed("its vocabulary is no list of 32-bit integers");
  if (endianness() === "BE") raw.swap32();
  return Int32Array.from({ length: raw.length / 4 }, (_, i) => raw.readInt32LE(4 * i));
}

function refuseDamaged({ bytes, offsets, attributes }: Vocabulary, size: number): void {
  const ordered = offsets.every((offset, i) => offset >= (offsets[i - 1] ?? 0));
  const whole = offsets.length === size + 1 && attributes.length === size;
  if (!ordered || !whole || offsets[0] !== 0 || offsets.at(-1) !== bytes.length) {
    throw malformed("its vocabulary contradicts itself");
  }
}

/** What a model without a known vocabulary cannot do. */
export function noTokenizer(text: string): TelltaleError {
  const sentence =
    `Nothing tells which tokens the model at ${quoted(text)} has. Give --finetuned-tokenizer FILE.gguf or ` +
    "--reference-tokenizer FILE.gguf: a GGUF file of the same model, of which the vocabulary alone is read.";
  return new TelltaleError("ENDPOINT_UNSUITABLE", sentence);
}
