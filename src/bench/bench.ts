import { machineFacts, versions } from "../audit/manifest.js";
import type { LocalFacts } from "../engine/engine.js";
import { checkModelFile } from "../engine/gguf/check.js";
import { TelltaleError } from "../errors.js";
import { attempt, type Models } from "./attempt.js";
import { suggestedFlags } from "./flags.js";
import { type BenchOptions, HEAD_TOKENS, PREFILL_TOKENS, resolveBenchOptions } from "./options.js";
import { comparisonPlans, generationPlans, type PointPlan, pointCount, scoringPlans } from "./points.js";
import type { Bench, Point } from "./schema.js";
import { estimateAudit, suggestBatch, suggestSequences } from "./suggest.js";

/** What happens during a bench, for who watches it. */
export type BenchEvent =
  | { type: "point"; plan: PointPlan; number: number; of: number }
  | { type: "skipped"; plan: PointPlan; reason: string };

/**
 * Measures how fast a model generates and scores here, point by point, and what follows for the settings of an audit. Only one
 * engine is open at a time. What is computed depends on the options and on how fast it goes. Throws what opening an engine does.
 */
export async function bench(given: BenchOptions, onEvent: (event: BenchEvent) => void = () => {}): Promise<Bench> {
  const options = await resolveBenchOptions(given);
  const startedAt = new Date();
  const { model, reference } = options;
  const headers = {
    model: await checkModelFile(model),
    reference: reference === undefined ? undefined : await checkModelFile(reference),
  };
  const models: Models = { headers, ordinary: {} };
  const points: Point[] = [];
  const skipped: Bench["skipped"] = [];
  let number = 0;
  const all = async (plans: readonly PointPlan[]): Promise<Point[]> => {
    const measured: Point[] = [];
    for (const plan of plans) {
      number += 1;
      const canShareHead = models.facts?.model.canShareHead ?? true;
      const of = pointCount(options, canShareHead, reference !== undefined);
      onEvent({ type: "point", plan, number, of });
      const result = await attempt(plan, options, models);
      if (typeof result !== "string") {
        measured.push(result);
        continue;
      }
      skipped.push({ ...plan, reason: result });
      onEvent({ type: "skipped", plan, reason: result });
    }
    points.push(...measured);
    return measured;
  };
  const generated = await all(generationPlans(options));
  const sequences = suggestSequences(generated);
  const scored = await all(scoringPlans(options, sequences));
  const batch = suggestBatch(scored, sequences);
  const { facts } = models;
  const [best, bestScored] = [generated.find((p) => p.sequences === sequences), scored.find((p) => p.batch === batch)];
  if (facts === undefined || best === undefined || bestScored === undefined) {
    const reasons = skipped.slice(-1).map(({ reason }) => ` ${reason}`);
    const sentence = `Too little could be measured of ${model}: try smaller --sequences and --batch.${reasons.join("")}`;
    throw new TelltaleError("ENGINE_FAILED", sentence, { model });
  }
  const plans = comparisonPlans(options, { sequences, batch }, facts.model.canShareHead, reference !== undefined);
  const compared = await all(plans);
  const referenceScored = compared.find((point) => point.model === "reference");
  const { threads } = facts.context;
  const suggestion = { sequences, batch, threads };
  return {
    schema: "telltale.bench/1",
    startedAt: startedAt.toISOString(),
    seconds: (Date.now() - startedAt.getTime()) / 1000,
    versions: versions(),
    machine: machineFacts(),
    ...aboutEngine(facts),
    reference: reference === undefined ? null : { path: reference },
    settings: {
      secondsPerPoint: options.seconds,
      prefillTokens: PREFILL_TOKENS,
      newTokens: options.maxTokens,
      headTokens: HEAD_TOKENS,
      seed: options.seed,
      inProcess: options.inProcess,
    },
    points,
    skipped,
    suggestion: { ...suggestion, flags: suggestedFlags(suggestion, options) },
    audit: estimateAudit(options.completions, best, bestScored, referenceScored),
  };
}

function aboutEngine({ model, context, library }: LocalFacts): Pick<Bench, "model" | "engine"> {
  const { path, description, architecture, fileType, parameters, sizeBytes, vocabularySize, canShareHead } = model;
  const { device, gpuLayers, threads, kvTypeK, flashAttention, kernel } = context;
  const { release, variant } = library;
  return {
    model: { path, description, architecture, fileType, parameters, sizeBytes, vocabularySize, canShareHead },
    engine: { release, variant, device, gpuLayers, threads, kvType: kvTypeK, flashAttention, kernel },
  };
}
