import { type ExactEncoder, exactEncoder } from "../engine/bytes/encode-exactly.js";
import type { Tokenizer, TokenizerFacts, Vocabulary } from "../engine/engine.js";
import { compareVocabularies, type VocabularyComparison } from "../engine/gguf/vocabulary.js";
import { openTokenizer } from "../engine/tokenizer.js";
import { decode } from "../engine/vocabulary.js";
import { TelltaleError } from "../errors.js";
import type { Role } from "../journal/records.js";
import { type AuditModels, nameOf, vocabularyHeader } from "./models.js";
import type { AskedAuditOptions } from "./options.js";
import type { CorpusPrefills } from "./prefills.js";
import type { RemoteEngines } from "./remotes.js";

/** The tokens of both models, and how they relate. */
export interface ModelTokens {
  /** Null where token ids of one model mean the same in the other; else why each scores the text of the other's by its own tokens. */
  differ: string | null;
  finetuned: OwnTokens;
  /** The finetuned model's where they do not differ; null where only the reference's servers know its tokens. */
  reference: OwnTokens | null;
  close(): Promise<void>;
}

/** A model's own tokens. */
export interface OwnTokens {
  tokenizer: Tokenizer;
  facts: TokenizerFacts;
  vocabulary: Vocabulary;
  /** Writes any bytes in these tokens. */
  encoder(): Promise<ExactEncoder>;
}

/** Opens the vocabularies, without weights, and compares them. They stay open for the length of the audit. */
export async function openTokens(
  models: AuditModels,
  remotes: RemoteEngines,
  { inProcess }: Pick<AskedAuditOptions, "inProcess">,
  signal?: AbortSignal,
): Promise<ModelTokens> {
  const opened: Tokenizer[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((tokenizer) => tokenizer.close()));
  };
  const open = async (role: Role): Promise<OwnTokens | null> => {
    const remote = remotes[role];
    if (remote !== undefined) return remote.facts.tokenizer && ownTokens(remote, remote.facts.tokenizer);
    const tokenizer = await openTokenizer(nameOf(models[role]), { inProcess, ...(signal && { signal }) });
    opened.push(tokenizer);
    return ownTokens(tokenizer, tokenizer.facts);
  };
  try {
    const finetuned = await open("finetuned");
    if (finetuned === null) throw unknownTokens(nameOf(models.finetuned));
    if (models.shared) return { differ: null, finetuned, reference: finetuned, close };
    const reference = await open("reference");
    const comparison = compareTokens(models, finetuned, reference);
    if (comparison.same) return { differ: null, finetuned, reference: finetuned, close };
    return { differ: comparison.reason, finetuned, reference, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The same prefills' bytes in the tokens of the reference, which is to continue them, too. Throws VOCABULARY_MISMATCH where it cannot write one. */
export async function prefillsOfReference(
  corpora: readonly CorpusPrefills[],
  { finetuned, reference, differ }: ModelTokens,
): Promise<readonly CorpusPrefills[]> {
  if (differ === null || reference === null) return corpora;
  const encoder = await reference.encoder();
  return Promise.all(
    corpora.map(async (corpus) => {
      const encoded = await encoder.encode(corpus.prefills.map((prefill) => decode(finetuned.vocabulary, prefill)));
      const prefills = encoded.map((encoding, i) => {
        if (encoding !== null && encoding.tokens.length > 0) return encoding.tokens;
        throw new TelltaleError(
          "VOCABULARY_MISMATCH",
          `The reference's tokens cannot write prefill ${i} of ${corpus.name}, so it cannot continue the same prefills. Audit without --calibrate, or with another reference.`,
        );
      });
      return { ...corpus, prefills };
    }),
  );
}

async function ownTokens(tokenizer: Tokenizer, facts: TokenizerFacts): Promise<OwnTokens> {
  let encoder: Promise<ExactEncoder> | undefined;
  return {
    tokenizer,
    facts,
    vocabulary: await tokenizer.vocabulary(),
    encoder() {
      encoder ??= exactEncoder(tokenizer, facts);
      return encoder;
    },
  };
}

/** By the files where both are here, which tells best what differs; else by what the tokenizers say. */
function compareTokens(models: AuditModels, finetuned: OwnTokens, reference: OwnTokens | null): VocabularyComparison {
  if (reference === null) return { same: false, reason: "only its servers know its tokens" };
  const headers = [vocabularyHeader(models.finetuned), vocabularyHeader(models.reference)] as const;
  if (headers[0] !== null && headers[1] !== null) return compareVocabularies(headers[0], headers[1]);
  const same = (["bytes", "offsets", "attributes"] as const).every((part) =>
    sameValues(finetuned.vocabulary[part], reference.vocabulary[part]),
  );
  return same ? { same } : { same, reason: "the vocabularies hold other tokens" };
}

function sameValues(a: Uint8Array | Uint32Array | Int32Array, b: Uint8Array | Uint32Array | Int32Array): boolean {
  const bytes = ({ buffer, byteOffset, byteLength }: typeof a): Buffer => Buffer.from(buffer, byteOffset, byteLength);
  return bytes(a).equals(bytes(b));
}

function unknownTokens(model: string): TelltaleError {
  return new TelltaleError(
    "ENDPOINT_UNSUITABLE",
    `The servers of ${model} do not tell the finetuned model's tokens, which prefills are made of. Give a GGUF file with the same vocabulary (one without weights will do) with --finetuned-tokenizer, or serve the model with \`telltale serve\`.`,
    { model },
  );
}
