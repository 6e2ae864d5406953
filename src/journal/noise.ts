import { z } from "zod";
import { TelltaleError } from "../errors.js";
import { readJsonIfThere, writeJsonAtomic } from "./json-file.js";

const nats = z.number().min(0);

const differenceSchema = z.object({
  /** Over all tokens of the sequences: root mean square, nats per token. */
  rms: nats,
  /** And the largest, nats per token. */
  largest: nats,
  /** Of the sums over a sequence: root mean square, nats. */
  rmsSum: nats,
  /** And the largest, nats. */
  largestSum: nats,
  /** The largest such sum over the root of its tokens: rounding of one token has little to do with that of the next. */
  largestPerRoot: nats,
});

const roleNoiseSchema = z.object({
  /** Completions of the run that were scored again. */
  sequences: z.int().min(1),
  /** Their tokens. */
  tokens: z.int().min(1),
  /** Each scored alone, against its figures in the run. */
  alone: differenceSchema,
  /** All of them scored once more, together and the way of the run, against the same. */
  again: differenceSchema,
});

const noiseSchema = z.object({
  /** Name and version of this format. */
  schema: z.literal("telltale.noise/1"),
  /** Absent where the model was not asked to score. */
  finetuned: roleNoiseSchema.optional(),
  reference: roleNoiseSchema.optional(),
  /** Where both roles are one file, without an adapter: its figures in one role against those in the other. */
  between: differenceSchema.optional(),
});

/** By how much the same tokens get other figures, nats. */
export interface NoiseDifference extends z.infer<typeof differenceSchema> {}
/** What was measured of one model. */
export interface RoleNoise extends z.infer<typeof roleNoiseSchema> {
  /** Each scored alone, against its figures in the run. */
  alone: NoiseDifference;
  /** All of them scored once more, together and the way of the run, against the same. */
  again: NoiseDifference;
}
/** The content of noise.json. */
export interface RunNoise extends z.infer<typeof noiseSchema> {
  /** Absent where the model was not asked to score. */
  finetuned?: RoleNoise | undefined;
  /** The same of the reference. */
  reference?: RoleNoise | undefined;
  /** Where both roles are one file, without an adapter: its figures in one role against those in the other. */
  between?: NoiseDifference | undefined;
}

export function writeNoise(path: string, noise: Omit<RunNoise, "schema">): Promise<void> {
  return writeJsonAtomic(path, { schema: "telltale.noise/1", ...noise });
}

/** Reads noise.json; null where there is none, BAD_RUN where it is not what `writeNoise` writes. */
export async function readNoise(path: string): Promise<RunNoise | null> {
  const content = await readJsonIfThere(path);
  if (content === undefined) return null;
  const parsed = noiseSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new TelltaleError(
    "BAD_RUN",
    `"${path}" is damaged: ${issue?.path.join(".") || "it"}: ${issue?.message}. Restore it, or remove it to do without the noise of the run.`,
  );
}
