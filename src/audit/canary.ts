import { runPaths } from "../journal/files.js";
import { decodeFloat32 } from "../journal/float32.js";
import { type RoleNoise, type RunNoise, readNoise, writeNoise } from "../journal/noise.js";
import type { CompletionRecord, Role, ScoreRecord } from "../journal/records.js";
import { noiseDifference } from "./canary-difference.js";
import type { Format } from "./formats.js";
import { noiseNotes } from "./noise-notes.js";
import type { ReadyAudit } from "./prepare.js";
import { scoreUnder } from "./score-under.js";
import type { Workshop } from "./workshop.js";

/** Completions that are scored again: together and alone they cost each model as much as twice so many of the run. */
const SEQUENCES = 8;

/** Hands on the scores of a wave, among them those that the canary's are compared with. */
export type Watch = (scores: AsyncIterable<ScoreRecord[]>) => AsyncIterable<ScoreRecord[]>;

/** Token by token, nats, by id. */
type Scores = ReadonlyMap<string, Float32Array>;

/**
 * Measures a model's noise on the first wave that it scores: some of the run's own completions are scored alone and together, and
 * both compared with the figures that the run records for them. They are the run's own because figures depend on lengths and
 * on how likely the tokens are, which made-up ones would have to guess. noise.json is written before the last scores of the
 * wave are handed on: a run that was interrupted earlier measures in what is left of the wave.
 */
export async function openCanary(
  ready: ReadyAudit,
  shop: Workshop,
  role: Role,
  format: Format,
  records: readonly CompletionRecord[],
): Promise<Watch> {
  const handOn: Watch = (scores) => scores;
  if (shop.author !== "finetuned") return handOn;
  const path = runPaths(shop.directory).noise;
  // A damaged file is measured and written anew.
  const known: Omit<RunNoise, "schema"> = (await readNoise(path).catch(() => null)) ?? {};
  if (known[role] !== undefined) return handOn;
  const chosen = chooseCanary(records);
  if (chosen.length === 0) return handOn;
  const score = (by: Role, wanted: readonly CompletionRecord[]): Promise<Scores> =>
    scoresOf(ready, shop, by, format, wanted);
  const together = await score(role, chosen);
  const alone = new Map<string, Float32Array>();
  for (const record of chosen) for (const [id, logprobs] of await score(role, [record])) alone.set(id, logprobs);
  const other = known.between === undefined ? otherRole(ready, role) : null;
  const between = other && noiseDifference(together, await score(other, chosen));
  const onCpu = ready.models[role].kind === "file" && ready.options.model.gpu === "off";
  return async function* watch(scores) {
    const inRun = new Map<string, Float32Array>();
    let held: ScoreRecord[] | null = null;
    for await (const batch of scores) {
      for (const { id, logprobs } of batch) if (together.has(id)) inRun.set(id, decodeFloat32(logprobs));
      if (held !== null) yield held;
      held = batch;
    }
    const measured = roleNoise(inRun, alone, together);
    if (measured !== null) {
      const noise = { ...known, [role]: measured, ...(between && { between }) };
      await writeNoise(path, noise);
      for (const message of noiseNotes(role, onCpu, measured, between)) shop.onEvent({ type: "note", message });
    }
    if (held !== null) yield held;
  };
}

/** From the shortest to the longest, evenly, both included: short and long ones may go through other kernels. */
export function chooseCanary(records: readonly CompletionRecord[]): CompletionRecord[] {
  const sorted = [...records].sort((a, b) => a.completion.length - b.completion.length || (a.id < b.id ? -1 : 1));
  const count = Math.min(SEQUENCES, sorted.length);
  const step = count > 1 ? (sorted.length - 1) / (count - 1) : 0;
  return Array.from({ length: count }, (_, i) => sorted[Math.round(i * step)] as CompletionRecord);
}

/** The other role where it is the same model in a context of its own, and loaded. */
function otherRole({ models, room }: ReadyAudit, role: Role): Role | null {
  const other = role === "finetuned" ? "reference" : "finetuned";
  return models.shared && models.adapter === null && room.isLoaded(other) ? other : null;
}

async function scoresOf(
  ready: ReadyAudit,
  shop: Workshop,
  role: Role,
  format: Format,
  records: readonly CompletionRecord[],
): Promise<Scores> {
  const job = shop.signal === undefined ? {} : { signal: shop.signal };
  const scores = new Map<string, Float32Array>();
  const apart = { ...shop, tolerance: { bad: 0 } };
  // What cannot be scored is written down where the run scores it.
  const ignore = async (): Promise<void> => {};
  for await (const batch of scoreUnder(ready, apart, role, format, records, job, ignore)) {
    for (const { id, logprobs } of batch) scores.set(id, decodeFloat32(logprobs));
  }
  return scores;
}

function roleNoise(inRun: Scores, alone: Scores, together: Scores): RoleNoise | null {
  const [first, second] = [noiseDifference(inRun, alone), noiseDifference(inRun, together)];
  if (first === null || second === null) return null;
  const lengths = [...inRun.values()].map(({ length }) => length);
  return {
    sequences: lengths.length,
    tokens: lengths.reduce((sum, length) => sum + length, 0),
    alone: first,
    again: second,
  };
}
