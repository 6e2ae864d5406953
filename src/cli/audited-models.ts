import { TelltaleError } from "../errors.js";
import { findOrganism } from "../organisms/find.js";
import { organismModels } from "../organisms/models.js";
import { keywordsOf, readOrganisms } from "../organisms/read.js";
import type { KeywordCatalogue } from "../rank/keywords/catalogue.js";
import { quoted } from "../safe-text.js";

/** What was said about the models of an audit. */
export interface AskedModels {
  reference?: string;
  lora?: string;
  organism?: string;
  catalogue?: string;
}

/** The models of an audit, and the keywords of the organism that was named; null where there are none. */
export interface AuditedModels {
  finetuned: string;
  reference?: string | undefined;
  lora?: string | undefined;
  keywords: KeywordCatalogue | null;
}

/** The models that were named, or those of an organism; BAD_ARGUMENT where neither says enough. */
export async function auditedModels(finetuned: string | undefined, asked: AskedModels): Promise<AuditedModels> {
  const { reference, lora, organism, catalogue } = asked;
  if (organism !== undefined) {
    const found = findOrganism(await readOrganisms(catalogue), organism);
    return { ...organismModels(found, { finetuned, reference, lora }), keywords: await keywordsOf(found) };
  }
  if (catalogue !== undefined) {
    throw new TelltaleError(
      "BAD_ARGUMENT",
      `--catalogue ${quoted(catalogue, 4096)} was given, but no organism of it: name one with --organism, or leave --catalogue out.`,
    );
  }
  if (finetuned === undefined) {
    throw new TelltaleError(
      "BAD_ARGUMENT",
      "No model was given. Give the GGUF file of the finetuned one, or an organism of a catalogue with --organism NAME.",
    );
  }
  return { finetuned, reference, lora, keywords: null };
}
