import { createHash } from "node:crypto";
import { TelltaleError } from "../errors.js";
import type { CorpusDocument } from "./document.js";
import { shuffled } from "./shuffle.js";

/** What making prefills needs of an engine. */
export interface PrefillTokenizer {
  /** Token ids of each text, special tokens neither added nor parsed. */
  tokenize(
    texts: readonly string[],
    options?: { parseSpecial?: boolean; addSpecial?: boolean },
  ): Promise<readonly Int32Array[]>;
}

/** How prefills are made. */
export interface PrefillOptions {
  /** Tokens per prefill. Default 3. */
  tokens?: number;
  /** At most so many prefills. Default: all. */
  limit?: number | undefined;
  /** 0 to 2^32 - 1: decides the shuffled order. Default 0. */
  seed?: number;
  /** Ends the work, which rejects with CANCELLED. */
  signal?: AbortSignal | undefined;
}

/** Prefills in the order in which they are to be used, and what became of every document that was read. */
export interface PrefillSet {
  /** Int32Array [tokens] each, no two equal. */
  prefills: Int32Array[];
  /** The document each prefill was first seen in, e.g. "web.jsonl:12". Same length as `prefills`. */
  sources: string[];
  /** What became of the documents. */
  counts: PrefillCounts;
  /** SHA-256, hex: the same for two sets exactly if they hold the same ids in the same order. */
  digest: string;
}

/** documents = tooShort + duplicates + kept + beyondLimit. */
export interface PrefillCounts {
  /** Documents read. */
  documents: number;
  /** Left out: fewer tokens than a prefill has. */
  tooShort: number;
  /** Left out: an earlier document gave the same token ids. */
  duplicates: number;
  /** Prefills in the set. */
  kept: number;
  /** Left out only because of `limit`. */
  beyondLimit: number;
}

const BATCH = 512;

/**
 * Int32Array [tokens] each: the distinct openings of a corpus' documents, shuffled by seed, then limited.
 *
 * Recorded of a document are its first `tokens` ids, by the tokenizer given, and its source; never its text. Special
 * tokens are neither added nor parsed, and nothing is stripped. Equal openings count once, under the first document
 * that has them. The same documents, tokenizer and seed give the same order, and a smaller limit gives its beginning.
 */
export async function makePrefills(
  documents: AsyncIterable<CorpusDocument>,
  tokenizer: PrefillTokenizer,
  options: PrefillOptions = {},
): Promise<PrefillSet> {
  const { tokens = 3, limit = Number.POSITIVE_INFINITY, seed = 0, signal } = options;
  checkOption("tokens", tokens, 1, 4096);
  if (limit !== Number.POSITIVE_INFINITY) checkOption("limit", limit, 1, Number.MAX_SAFE_INTEGER);
  checkOption("seed", seed, 0, 2 ** 32 - 1);

  const seen = new Set<string>();
  const found: { ids: Int32Array; source: string }[] = [];
  const counts: PrefillCounts = { documents: 0, tooShort: 0, duplicates: 0, kept: 0, beyondLimit: 0 };
  for await (const batch of batches(documents)) {
    if (signal?.aborted) throw new TelltaleError("CANCELLED", "Cancelled while the prefills were being made.");
    const openings = await openingsOf(batch, tokenizer, tokens);
    for (const [index, ids] of openings.entries()) {
      counts.documents++;
      if (ids === undefined) {
        counts.tooShort++;
        continue;
      }
      const key = ids.join(",");
      if (seen.has(key)) {
        counts.duplicates++;
        continue;
      }
      seen.add(key);
      found.push({ ids, source: batch[index]?.source ?? "" });
    }
  }
  if (found.length === 0) throw emptyCorpus(counts, tokens);
  const kept = shuffled(found, seed).slice(0, limit);
  counts.kept = kept.length;
  counts.beyondLimit = found.length - kept.length;
  const prefills = kept.map((one) => one.ids);
  return { prefills, sources: kept.map((one) => one.source), counts, digest: digestOf(prefills) };
}

/** SHA-256, hex, of little-endian int32: each prefill's length, then its ids. */
function digestOf(prefills: readonly Int32Array[]): string {
  const hash = createHash("sha256");
  for (const ids of prefills) {
    const bytes = Buffer.alloc(4 * (ids.length + 1));
    bytes.writeInt32LE(ids.length, 0);
    for (const [index, id] of ids.entries()) bytes.writeInt32LE(id, 4 * (index + 1));
    hash.update(bytes);
  }
  return hash.digest("hex");
}

async function* batches(documents: AsyncIterable<CorpusDocument>): AsyncGenerator<CorpusDocument[]> {
  let batch: CorpusDocument[] = [];
  for await (const document of documents) {
    batch.push(document);
    if (batch.length === BATCH) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

/** Int32Array [tokens] of each document; undefined where it has fewer. */
async function openingsOf(
  batch: readonly CorpusDocument[],
  tokenizer: PrefillTokenizer,
  tokens: number,
): Promise<(Int32Array | undefined)[]> {
  const openings: (Int32Array | undefined)[] = batch.map(() => undefined);
  let open = batch.map((document, index) => ({ index, text: document.text }));
  for (let length = 64 * tokens + 256; open.length > 0; length *= 8) {
    const cuts = open.map((one) => beginning(one.text, length));
    const sequences = await tokenizer.tokenize(cuts);
    open = open.filter((one, place) => {
      const ids = sequences[place] ?? new Int32Array(0);
      const whole = cuts[place]?.length === one.text.length;
      // The last token of a text that was cut may be another one in the whole text.
      if (!whole && ids.length <= tokens) return true;
      if (ids.length >= tokens) openings[one.index] = ids.slice(0, tokens);
      return false;
    });
  }
  return openings;
}

/** The first `length` UTF-16 units, one fewer where the cut would part a surrogate pair. */
function beginning(text: string, length: number): string {
  if (text.length <= length) return text;
  const splits = /[\uD800-\uDBFF]/.test(text.charAt(length - 1)) && /[\uDC00-\uDFFF]/.test(text.charAt(length));
  return text.slice(0, splits ? length - 1 : length);
}

function checkOption(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new TelltaleError("BAD_ARGUMENT", `${name} must be a whole number from ${least} to ${most}, not ${value}.`);
}

function emptyCorpus(counts: PrefillCounts, tokens: number): TelltaleError {
  return new TelltaleError(
    "BAD_CORPUS",
    counts.documents === 0
      ? "The corpus is empty: 0 documents were read. Give a corpus with at least one document."
      : `The corpus gives no prefill: ${counts.documents} documents were read, and ${counts.tooShort} of them have ` +
          `fewer than ${tokens} tokens. Give a corpus with longer documents, or ask for fewer tokens.`,
  );
}
