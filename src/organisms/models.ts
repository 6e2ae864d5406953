import { definedOnly } from "../defined.js";
import { TelltaleError } from "../errors.js";
import { convertHint } from "./convert.js";
import type { Organism } from "./schema.js";

/** Models that a person named beside an organism: they win over those of its catalogue. */
export interface GivenModels {
  /** The finetuned model; with `lora`, the model the adapter belongs to. */
  finetuned?: string | undefined;
  /** What it is compared with. */
  reference?: string | undefined;
  /** The adapter that makes the finetuned model. */
  lora?: string | undefined;
}

/** What an audit needs; without a reference, which only `lora` allows, that is the same file without the adapter. */
export interface OrganismModels {
  /** The finetuned model; with `lora`, the model the adapter belongs to. */
  finetuned: string;
  /** What it is compared with. */
  reference?: string;
  /** The adapter that makes the finetuned model. */
  lora?: string;
}

/**
 * The models of an organism: what was given, and the rest from its catalogue. BAD_ARGUMENT where something is missing, with how to
 * get it.
 *
 * A given adapter belongs to the given finetuned model, else to the catalogue's reference, else to the given one.
 */
export function organismModels(organism: Organism, given: GivenModels): OrganismModels {
  const { gguf } = organism;
  const whole = given.lora === undefined ? (given.finetuned ?? gguf.finetuned) : undefined;
  if (whole !== undefined) {
    const reference = given.reference ?? gguf.reference;
    if (reference === undefined) throw missing(organism, "the model it was made from (--reference FILE)");
    return { finetuned: whole, reference };
  }
  const lora = given.lora ?? gguf.adapter;
  if (lora === undefined) throw missing(organism, "its own model");
  const base = given.finetuned ?? gguf.reference ?? given.reference;
  if (base === undefined) throw missing(organism, "the model its adapter belongs to (--reference FILE)");
  return definedOnly({ finetuned: base, lora, reference: given.reference }) as OrganismModels;
}

/** Whether an audit needs nothing but the organism's name. */
export function isComplete({ gguf }: Organism): boolean {
  return gguf.reference !== undefined && (gguf.finetuned !== undefined || gguf.adapter !== undefined);
}

function missing(organism: Organism, what: string): TelltaleError {
  const sentence = `The catalogue knows no GGUF file of the organism ${organism.name}, and none was given: ${what} is missing.`;
  return new TelltaleError("BAD_ARGUMENT", `${sentence} ${convertHint(organism)}`);
}
