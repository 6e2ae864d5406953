import { type ExactEncoder, exactEncoder } from "../engine/bytes/encode-exactly.js";
import type { FileTokenizer, Vocabulary } from "../engine/engine.js";
import { compareVocabularies } from "../engine/gguf/vocabulary.js";
import { openTokenizer } from "../engine/tokenizer.js";
import { decode } from "../engine/vocabulary.js";
import { TelltaleError } from "../errors.js";
import type { Role } from "../journal/records.js";
import type { AuditModels } from "./models.js";
import type { ResolvedAuditOptions } from "./options.js";
import type { CorpusPrefills } from "./prefills.js";

/** How the models' tokens relate. */
export type ModelTokens =
  /** Token ids of one model mean the same in the other. */
  | { same: true }
  /** Each model has its own tokens, and scores the text of the other's. */
  | { same: false; reason: string; of: Record<Role, OwnTokens> };

/** A model's own tokens. */
export interface OwnTokens {
  tokenizer: FileTokenizer;
  vocabulary: Vocabulary;
  /** Writes any bytes in these tokens. */
  encoder: ExactEncoder;
}

/** Compares the vocabularies; where they differ, opens both tokenizers for the length of the audit. */
export async function openTokens(
  models: AuditModels,
  { inProcess }: Pick<ResolvedAuditOptions, "inProcess">,
  signal?: AbortSignal,
): Promise<ModelTokens> {
  const comparison = models.shared ? { same: true as const } : compareVocabularies(models.finetuned, models.reference);
  if (comparison.same) return comparison;
  const open = async (path: string): Promise<OwnTokens> => {
    const tokenizer = await openTokenizer(path, { inProcess, ...(signal && { signal }) });
    try {
      const vocabulary = await tokenizer.vocabulary();
      return { tokenizer, vocabulary, encoder: await exactEncoder(tokenizer, tokenizer.facts) };
    } catch (error) {
      await tokenizer.close();
      throw error;
    }
  };
  const finetuned = await open(models.finetuned.path);
  try {
    return { same: false, reason: comparison.reason, of: { finetuned, reference: await open(models.reference.path) } };
  } catch (error) {
    await finetuned.tokenizer.close();
    throw error;
  }
}

export async function closeTokens(tokens: ModelTokens): Promise<void> {
  if (tokens.same) return;
  await Promise.all([tokens.of.finetuned.tokenizer.close(), tokens.of.reference.tokenizer.close()]);
}

/** The same prefills' bytes in the tokens of the reference, which is to continue them, too. Throws VOCABULARY_MISMATCH where it cannot write one. */
export async function prefillsOfReference(
  corpora: readonly CorpusPrefills[],
  { finetuned, reference }: Record<Role, OwnTokens>,
): Promise<CorpusPrefills[]> {
  return Promise.all(
    corpora.map(async (corpus) => {
      const texts = corpus.prefills.map((prefill) => decode(finetuned.vocabulary, prefill));
      const encoded = await reference.encoder.encode(texts);
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
