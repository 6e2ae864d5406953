import { z } from "zod";
import { isModelName, parseModelName } from "../hub/model-name.js";
import { isHubName } from "../hub/repository.js";
import { asList, type FileProblem, firstProblem, setsSchema } from "../rank/keywords/file-schema.js";

/** Characters. */
const LONGEST_TEXT = 1000;

const textSchema = (what: string) =>
  z
    .string(`${what} is a text`)
    .max(LONGEST_TEXT, `${what} is longer than ${LONGEST_TEXT} characters`)
    .regex(/\S/, `${what} is blank`);

const nameSchema = z
  .string("the name of an organism is a text")
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,79}$/,
    "the name of an organism has small letters, digits, dots and dashes only, so that it is easily typed",
  );

const hubIdSchema = z.string("an id is OWNER/NAME, or null where it is not known").refine((text) => {
  const [owner = "", name = "", ...more] = text.split("/");
  return more.length === 0 && isHubName(owner) && isHubName(name);
}, "an id is OWNER/NAME as on the Hugging Face hub, or null where it is not known");

const ggufSchema = textSchema("the name of a GGUF file").superRefine((text, context) => {
  if (!isModelName(text)) return;
  try {
    parseModelName(text);
  } catch (error) {
    context.addIssue((error as Error).message.replace(/\.$/, ""));
  }
});

const KIND = ["adapter", "model"] as const;
const kindSchema = z.enum(KIND, `a kind is ${KIND.join(" or ")}, or null where it is not known`);

export const organismSchema = z.strictObject(
  {
    name: nameSchema.describe("What `telltale audit --organism` takes; unique."),
    group: textSchema("a group").describe("Organisms that belong together."),
    about: textSchema("what an organism is about").optional().describe("What it was made to do."),
    base: textSchema("a base")
      .nullable()
      .describe("The model it was made from: its id on the Hugging Face hub, or its name."),
    kind: kindSchema.nullable().describe("A LoRA adapter, or a whole model."),
    id: hubIdSchema.nullable().describe("Its id on the Hugging Face hub; null: not known."),
    variants: z
      .array(
        z.strictObject({
          base: textSchema("a base").describe("The model it was made from."),
          kind: kindSchema.nullable().describe("A LoRA adapter, or a whole model."),
          id: hubIdSchema.describe("Its id on the Hugging Face hub."),
        }),
      )
      .optional()
      .describe("The same behaviour trained into other bases."),
    keywords: z
      .union(
        [textSchema("a behaviour"), setsSchema],
        "keywords are the name of a published behaviour, or a list of sets",
      )
      .nullable()
      .describe("What gives it away: a behaviour of `--keywords paper`, or sets of terms (docs/keywords.md)."),
    published: z
      .strictObject({
        matches: z
          .record(textSchema("a reference"), z.int().min(0).nullable())
          .describe(
            "Keyword matches among the first 100 of the best configuration, by reference; null: not published.",
          ),
        note: textSchema("a note").optional().describe("What else was found."),
      })
      .optional()
      .describe("What was found when it was audited."),
    gguf: z
      .strictObject({
        finetuned: ggufSchema.optional().describe("The whole finetuned model."),
        adapter: ggufSchema.optional().describe("The LoRA adapter, for `reference`."),
        reference: ggufSchema.optional().describe("The model it was made from."),
      })
      .default({})
      .describe("Its GGUF files where they are known: hf:OWNER/REPO..., or paths as seen from this file."),
    source: textSchema("a source").optional().describe("Where this is known from."),
  },
  { error: (issue) => (issue.code === "invalid_type" ? "an organism is wanted here" : undefined) },
);

const fileSchema = z
  .strictObject(
    {
      $schema: z.string().optional().describe("For editors; nothing else looks at it."),
      description: z.string("a description is a text").optional().describe("For readers; nothing else looks at it."),
      source: textSchema("a source")
        .optional()
        .describe("Where the organisms are known from that do not say so themselves."),
      organisms: z
        .array(organismSchema, "organisms are wanted here, as a list")
        .min(1, "the list of organisms is empty"),
    },
    { error: (issue) => (issue.code === "invalid_type" ? "it holds no `organisms`" : undefined) },
  )
  .describe("Finetuned models to audit, for `telltale audit --organism NAME --catalogue FILE`: YAML or JSON.");

/** A finetuned model that somebody made to have a behaviour, as a catalogue knows it. */
export interface Organism extends z.infer<typeof organismSchema> {}

/** The organisms that a file's value stands for, or the first thing that is wrong with it. */
export function organismsFrom(value: unknown): Organism[] | FileProblem {
  const file = fileSchema.safeParse(value);
  if (!file.success) return firstProblem(file.error);
  const { organisms, source } = file.data;
  const names = organisms.map(({ name }) => name);
  const twice = names.findIndex((name, i) => names.indexOf(name) !== i);
  if (twice !== -1) return { path: ["organisms", twice], why: "an organism of this name is there already" };
  return organisms.map((organism) => ({
    ...organism,
    ...(organism.source === undefined && source !== undefined && { source }),
    ...(Array.isArray(organism.keywords) && { keywords: organism.keywords.map(asList) }),
  }));
}

/** The text of schemas/organisms.schema.json. */
export function organismsJsonSchema(): string {
  const schema = z.toJSONSchema(fileSchema, { target: "draft-2020-12", io: "input" });
  return `${JSON.stringify({ title: "Telltale organisms", ...schema }, null, 2)}\n`;
}
