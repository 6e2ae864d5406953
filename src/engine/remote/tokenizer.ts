import { setMaxListeners } from "node:events";
import { endianness } from "node:os";
import { z } from "zod";
import { TelltaleError } from "../../errors.js";
import { quoted } from "../../safe-text.js";
import type { FileTokenizer, TokenizeOptions, TokenizerFacts, Vocabulary } from "../engine.js";
import { decode } from "../vocabulary.js";
import { parsed } from "./answers.js";
import { EndpointFailure, failed, malformed } from "./failure.js";
import type { Endpoint } from "./manner.js";
import { type Persistence, pause, wait } from "./retry.js";

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

/** Texts that are made into tokens at a time. */
const AT_ONCE = 8;

/**
 * The vocabulary of the model that Telltale servers run: read once, of the first of `endpoints`; texts are made into tokens by any of
 * them, one that fails being done without. Throws ENDPOINT_FAILED where none of them answers.
 */
export async function openServedTokenizer(
  endpoints: readonly [Endpoint, ...Endpoint[]],
  model: string,
  persistence: Persistence,
  signal: AbortSignal,
): Promise<FileTokenizer> {
  const [{ url, root, get }] = endpoints;
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
  // A place for every text that is asked for at a time, and for what the servers' own jobs listen to beside.
  setMaxListeners(0, closing.signal);
  let first = 0;
  const tokensOf = async (prompt: string, options: TokenizeOptions): Promise<Int32Array> => {
    const body = {
      model,
      prompt,
      add_special_tokens: options.addSpecial ?? false,
      parse_special: options.parseSpecial ?? false,
    };
    for (let attempt = 0; ; attempt += 1) {
      const place = first;
      const endpoint = endpoints[place % endpoints.length] as Endpoint;
      try {
        const told = await endpoint.post(
          `${endpoint.root}/tokenize`,
          body,
          Buffer.byteLength(prompt) + 16,
          closing.signal,
        );
        return Int32Array.from(parsed(TokensAnswer, told.json).tokens);
      } catch (error) {
        if (!(error instanceof EndpointFailure)) throw error;
        if (error.kind !== "again" || attempt + 1 >= persistence.attempts * endpoints.length) {
          throw failed(endpoint.url, error);
        }
        // Whoever comes first moves on to the next endpoint, for all.
        if (first === place) first += 1;
        const round = Math.floor(attempt / endpoints.length);
        if (attempt % endpoints.length === endpoints.length - 1) {
          await wait(pause(persistence.retryDelaySeconds, round + 1), closing.signal);
        }
      }
    }
  };
  return {
    facts,
    async tokenize(texts, options = {}) {
      const sequences = new Array<Int32Array>(texts.length);
      let next = 0;
      const work = async (): Promise<void> => {
        for (let i = next++; i < texts.length; i = next++) sequences[i] = await tokensOf(texts[i] as string, options);
      };
      await Promise.all(Array.from({ length: Math.min(AT_ONCE, texts.length) }, work));
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
