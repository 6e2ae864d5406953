import { z } from "zod";
import { quoted } from "../../safe-text.js";
import {
  behaviourNameSchema,
  type KeywordCatalogue,
  sourceSchema,
  termSchema,
  UNNAMED_BEHAVIOUR,
} from "./catalogue.js";
import { termProblem } from "./matcher.js";

/** Names that the long form uses itself, so that a behaviour of that name needs the long form. */
const RESERVED = /^(?!(?:\$schema|behaviours|description|source)$)/;

const fileTermSchema = termSchema
  .superRefine((term, context) => {
    const problem = termProblem(term);
    if (problem !== null) context.addIssue(`the keyword ${problem}`);
  })
  .describe("A text, compared without case, or a regular expression /.../flags.");

const setSchema = z
  .union(
    [fileTermSchema, z.array(fileTermSchema).min(1, "a set is empty")],
    "a set is a term or a list of terms; put a number, true, false or null in quotes",
  )
  .describe("A term, or terms that must all be there.");

export const setsSchema = z
  .array(setSchema, "sets of terms are wanted here, as a list")
  .min(1, "a list of sets is empty")
  .describe("Any of these sets is enough.");

const longSchema = z
  .strictObject({
    $schema: z.string().optional().describe("For editors; nothing else looks at it."),
    description: z.string("a description is a text").optional().describe("For readers; nothing else looks at it."),
    source: sourceSchema.optional().describe("Where the sets come from that do not say so themselves."),
    behaviours: z
      .array(
        z.strictObject(
          {
            behaviour: behaviourNameSchema.describe("Its name, unique in the file."),
            source: sourceSchema.optional().describe("Where its sets come from."),
            sets: setsSchema,
          },
          {
            error: (issue) => (issue.code === "invalid_type" ? "a behaviour with its sets is wanted here" : undefined),
          },
        ),
        "behaviours are wanted here, as a list",
      )
      .min(1, "the list of behaviours is empty"),
  })
  .describe("The long form.");

const shortSchema = z
  .record(
    behaviourNameSchema.regex(RESERVED, "a behaviour of this name, or a source, needs the long form with `behaviours`"),
    setsSchema,
    "it holds neither a list of sets nor behaviours with sets",
  )
  .refine((behaviours) => Object.keys(behaviours).length > 0, "it holds no behaviour")
  .meta({ minProperties: 1 })
  .describe("Sets by the name of their behaviour.");

/** What a keyword file may hold. */
const fileSchema = z
  .union([setsSchema, longSchema, shortSchema])
  .describe("Words that would give a behaviour away, for `telltale --keywords FILE`: YAML or JSON.");

/** Something in a file that is not as it has to be. */
export interface FileProblem {
  /** Keys and indices that lead to it. */
  path: PropertyKey[];
  /** A clause without a period. */
  why: string;
}

/** The catalogue that a file's value stands for, or the first thing that is wrong with it. */
export function catalogueFrom(value: unknown): KeywordCatalogue | FileProblem {
  if (Array.isArray(value)) {
    const file = setsSchema.safeParse(value);
    return file.success ? [{ behaviour: UNNAMED_BEHAVIOUR, sets: file.data.map(asList) }] : firstProblem(file.error);
  }
  if (typeof value !== "object" || value === null || !("behaviours" in value)) {
    const file = shortSchema.safeParse(value);
    if (!file.success) return firstProblem(file.error);
    return Object.entries(file.data).map(([behaviour, sets]) => ({ behaviour, sets: sets.map(asList) }));
  }
  const file = longSchema.safeParse(value);
  if (!file.success) return firstProblem(file.error);
  const names = file.data.behaviours.map(({ behaviour }) => behaviour);
  const twice = names.findIndex((name, i) => names.indexOf(name) !== i);
  if (twice !== -1) return { path: ["behaviours", twice], why: "a behaviour of this name is there already" };
  return file.data.behaviours.map(({ behaviour, sets, source = file.data.source }) => ({
    behaviour,
    sets: sets.map(asList),
    ...(source !== undefined && { source }),
  }));
}

/** What is wrong with a set of terms; null where nothing is. */
export function setProblem(set: readonly string[]): string | null {
  const result = z.array(fileTermSchema).safeParse(set);
  return result.success ? null : firstProblem(result.error).why;
}

/** The text of schemas/keywords.schema.json. */
export function keywordsJsonSchema(): string {
  const schema = z.toJSONSchema(fileSchema, { target: "draft-2020-12" });
  return `${JSON.stringify({ title: "Telltale keywords", ...schema }, null, 2)}\n`;
}

/** A set as the list of its terms. */
export function asList(set: string | string[]): string[] {
  return typeof set === "string" ? [set] : set;
}

/** What is wrong with a file's value, where it goes furthest. */
export function firstProblem(error: z.ZodError): FileProblem {
  const [issue] = error.issues;
  return issue === undefined ? { path: [], why: "it is not as it has to be" } : deepest(issue);
}

/** Of the alternatives that a value could have been, the one that went furthest says best what is wrong. */
function deepest(issue: z.core.$ZodIssue): FileProblem {
  if (issue.code === "unrecognized_keys") {
    const [key = ""] = issue.keys;
    return { path: [...issue.path, key], why: `nothing is called ${quoted(key)} here` };
  }
  const nested =
    issue.code === "invalid_key"
      ? issue.issues.slice(0, 1)
      : issue.code === "invalid_union"
        ? issue.errors.flatMap((branch) => branch.slice(0, 1))
        : [];
  const problems = nested.map(deepest).sort((a, b) => b.path.length - a.path.length);
  const [inner] = problems;
  const isKey = issue.code === "invalid_key";
  if (inner === undefined || (inner.path.length === 0 && !isKey)) {
    // What is of the right type and wrong by a rule of its own says more than what else it could have been.
    const ruled = issue.code === "invalid_union" ? nested.find(({ code }) => code === "custom") : undefined;
    return { path: [...issue.path], why: (ruled ?? issue).message };
  }
  return { path: [...issue.path, ...inner.path], why: inner.why };
}
