import { TelltaleError } from "../errors.js";
import { formatCount, formatFigure } from "../numbers.js";
import { failed, type HealthCheck, type HealthCheckName, healthy, warned } from "./report.js";
import { PLAIN_TEXT, randomTexts, VARIED_TEXTS } from "./sample-texts.js";
import { itemsOf, logprobsOf, type Patient } from "./scoring.js";

/** Nats by which a log-probability may depend on the rest of its batch: on a GPU kernels are chosen by the batch's size. */
export const BATCH_TOLERANCE = { cpu: 0, gpu: 0.05 };

const RANDOM_TEXTS = 8;
const LONGEST_TEXT = 40;
/** Tokens all over the vocabulary that are fed to the model once. */
const TOKENS_TRIED = 512;
const NEW_TOKENS = 16;

/** Scores texts of many kinds and tokens from all over the vocabulary, and lets the model write: everything must be a number. */
export async function finiteCheck(patient: Patient): Promise<HealthCheck> {
  const texts = [
    ...Object.entries(VARIED_TEXTS),
    ["random Unicode", randomTexts(RANDOM_TEXTS, LONGEST_TEXT).join("")] as const,
  ];
  let count = 0;
  for (const [kind, tokens] of [
    ...(await tokenised(patient, texts)),
    ["tokens of all kinds", tokensTried(patient)] as const,
  ]) {
    if (tokens.length < 2) continue;
    try {
      const [logprobs] = await logprobsOf(patient, itemsOf(patient, [tokens]));
      count += logprobs?.length ?? 0;
    } catch (error) {
      if (error instanceof TelltaleError && error.code === "NON_FINITE") return notFinite(kind);
      throw error;
    }
  }
  count += await written(patient);
  return healthy("finite numbers", `${formatCount(count)} log-probabilities on ${texts.length} kinds of text`);
}

export function notFinite(where: string): HealthCheck {
  const remedy =
    "the weights hold NaN or infinity, or overflow in this precision: take another quantisation of the model";
  return failed("finite numbers", `a log-probability is NaN or infinite: ${where}`, remedy, "NON_FINITE");
}

/** The same sequence twice in one batch, with others between. */
export async function twiceCheck(patient: Patient): Promise<HealthCheck> {
  const [text, ...others] = await mixed(patient);
  if (text === undefined) return healthy("twice in a batch", "no text to try it on");
  const logprobs = await logprobsOf(patient, itemsOf(patient, [text, ...others, text]));
  return compared("twice in a batch", patient, logprobs[0], logprobs.at(-1));
}

/** A sequence by itself, and among others of many lengths. */
export async function aloneCheck(patient: Patient): Promise<HealthCheck> {
  const [text, ...others] = await mixed(patient);
  if (text === undefined) return healthy("alone or in a batch", "no text to try it on");
  const [alone] = await logprobsOf(patient, itemsOf(patient, [text]));
  const among = await logprobsOf(patient, itemsOf(patient, [...others, text]));
  return compared("alone or in a batch", patient, alone, among.at(-1));
}

function compared(
  name: HealthCheckName,
  { engine }: Patient,
  a: Float32Array = new Float32Array(0),
  b: Float32Array = new Float32Array(0),
): HealthCheck {
  const tolerance = BATCH_TOLERANCE[engine.facts.context.gpuLayers > 0 ? "gpu" : "cpu"];
  const apart = a.reduce(
    (most, logprob, i) => Math.max(most, Math.abs(logprob - (b[i] ?? Number.POSITIVE_INFINITY))),
    0,
  );
  const found = apart === 0 ? "the same numbers" : `${formatFigure(apart)} nats apart at most`;
  if (apart <= tolerance) return healthy(name, `${found}, ${tolerance} tolerated`);
  const remedy =
    "take differences of that size between two models for noise; --reduction host, --kv-type f16 or the CPU may mend it";
  return warned(name, `${found}, more than the ${tolerance} tolerated`, remedy);
}

/** The plain text first, then parts of it of many lengths and other texts. */
async function mixed(patient: Patient): Promise<Int32Array[]> {
  const [plain, ...rest] = await tokenised(patient, [["English", PLAIN_TEXT], ...Object.entries(VARIED_TEXTS)]);
  const tokens = (plain?.[1] ?? new Int32Array(0)).slice(0, Math.min(96, patient.room));
  const parts = [2, 7, 33, 64, 65].map((length) => tokens.slice(0, length));
  return [tokens, ...parts, ...rest.map(([, each]) => each.slice(0, patient.room))].filter(({ length }) => length > 1);
}

/** Texts that the vocabulary cannot express are left out: that is another check's. */
async function tokenised(
  { engine }: Patient,
  texts: readonly (readonly [string, string])[],
): Promise<[string, Int32Array][]> {
  const all: [string, Int32Array][] = [];
  for (const [kind, text] of texts) {
    try {
      const [tokens = new Int32Array(0)] = await engine.tokenize([text]);
      all.push([kind, tokens]);
    } catch (error) {
      if (!(error instanceof TelltaleError) || error.code !== "BAD_MODEL") throw error;
    }
  }
  return all;
}

function tokensTried({ vocabulary, room }: Patient): Int32Array {
  const size = vocabulary.attributes.length;
  const count = Math.min(size, room, TOKENS_TRIED);
  return Int32Array.from({ length: count }, (_, i) => Math.floor((i * size) / count));
}

/** Log-probabilities of a completion, as they were seen while writing it. */
async function written({ engine, vocabulary, head, room, signal }: Patient): Promise<number> {
  const prefill = Int32Array.of(Math.floor(vocabulary.attributes.length / 2));
  const request = { head, prefills: [prefill], maxTokens: Math.min(NEW_TOKENS, room - 1) };
  let count = 0;
  for await (const batch of engine.generate(request, signal && { signal }))
    for (const { logprobs } of batch) count += logprobs.length;
  return count;
}
