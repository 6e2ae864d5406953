import { z } from "zod";

/** Characters. */
const LONGEST_TERM = 1000;
const LONGEST_NAME = 200;

/** A text, or a regular expression `/.../flags`. */
export const termSchema = z
  .string("a term is a text; put a number, true, false or null in quotes")
  .max(LONGEST_TERM, `a term is longer than ${LONGEST_TERM.toLocaleString("en-US")} characters`)
  .regex(/\S/, "a term is blank");

export const behaviourNameSchema = z
  .string("the name of a behaviour is a text")
  .max(LONGEST_NAME, `the name of a behaviour is longer than ${LONGEST_NAME} characters`)
  .regex(/\S/, "the name of a behaviour is blank");

export const sourceSchema = z.string("a source is a text").max(1000, "a source is longer than 1,000 characters");

/** Sets of terms: all terms of a set (AND), any of the sets (OR). */
export const keywordSetsSchema = z.array(z.array(termSchema).min(1)).min(1);

/** A behaviour, and the words that would give it away. */
export const behaviourSchema = z.strictObject({
  behaviour: behaviourNameSchema.describe("Its name, unique in the catalogue."),
  sets: keywordSetsSchema.describe(
    "Sets of terms: a completion matches when all terms of any set are in it. A term is a text, compared without case, or a regular expression /.../flags.",
  ),
  source: sourceSchema.optional().describe("Where the sets come from."),
});

export const catalogueSchema = z
  .array(behaviourSchema)
  .min(1)
  .refine((all) => new Set(all.map(({ behaviour }) => behaviour)).size === all.length, "a behaviour is there twice");

export type KeywordSets = z.infer<typeof keywordSetsSchema>;
/** A behaviour to look for, and the words that would give it away. */
export interface Behaviour extends z.infer<typeof behaviourSchema> {}
/** Behaviours to look for, their names distinct. */
export type KeywordCatalogue = Behaviour[];

/** Name of the behaviour that stands for keywords given without one. */
export const UNNAMED_BEHAVIOUR = "keywords";
