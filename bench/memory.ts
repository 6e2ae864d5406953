import path from "node:path";
import { checkModelFile } from "#telltale/engine/gguf/check.js";
import { estimateMemory } from "#telltale/engine/gguf/memory.js";
import { planEngine } from "#telltale/engine/host/plan.js";
import type { Flags } from "./flags.js";
import { generateJob, type Job, scoreJob } from "./job.js";
import { ensureModel } from "./models/models.js";
import { SHAPES } from "./models/shapes.js";
import { ROOT } from "./peer-tools.js";
import { lastLineOf, runProgram } from "./processes.js";
import { telltale } from "./rivals/telltale.js";
import type { Sample } from "./rounds.js";

/** The most memory something held, beside what it may hold; bytes. */
export interface MemoryResult {
  name: string;
  peakBytes: number;
  allowedBytes: number;
  allowed: string;
  reached: boolean;
}

const MEGABYTE = 1e6;
/** Node, its heap, and llama.cpp's scratch memory. */
const REST = 200 * MEGABYTE;
/** What twenty times the completions may add: garbage that is not collected yet. */
const GROWTH = 1.1;

/** Peaks of the engine at its two jobs, and of a whole audit of few and of many completions. */
export async function measureMemory(flags: Flags): Promise<MemoryResult[]> {
  const { threads, quick } = flags;
  const model = await ensureModel(flags.model);
  const vocabulary = SHAPES.find((shape) => shape.name === flags.model)?.vocabulary ?? 0;
  const maxTokens = quick ? 4 : 16;
  const jobs = {
    scoring: scoreJob(model, threads, 64, { context: 3, targets: new Array<number>(quick ? 8 : 16).fill(100) }),
    generating: generateJob(model, threads, 64, { completions: 64, prefill: 3, head: 0, maxTokens }),
  };
  const results: MemoryResult[] = [];
  for (const [kind, job] of Object.entries(jobs)) {
    const batch = await batchOfAudits(job);
    results.push(await peakOf(`${flags.model}, ${kind}, batch ${batch}`, { ...job, batch }, vocabulary));
  }
  const [few, many] = quick ? [250, 1000] : [1000, 20_000];
  const small = await auditPeak(threads, few);
  const large = await auditPeak(threads, many);
  results.push({
    name: `audit of ${many} completions, tiny model, all in one process`,
    peakBytes: large,
    allowedBytes: GROWTH * small,
    allowed: `${GROWTH} times that of ${few} completions`,
    reached: large <= GROWTH * small,
  });
  return results;
}

/** What an audit would choose. */
async function batchOfAudits({ model, sequences, contextSequence, threads }: Job): Promise<number> {
  const load = { header: await checkModelFile(model), contexts: 1 };
  const asked = { sequences, threads, kvType: "f16", flashAttention: "auto" } as const;
  return (await planEngine([load], {}, asked, { contextSequence })).context.batch;
}

/** Of the engine's own process, as in an audit. */
async function peakOf(name: string, job: Job, vocabulary: number): Promise<MemoryResult> {
  const { peakBytes = Number.NaN } = await telltale(job, { host: true }).run();
  const estimate = estimateMemory(await checkModelFile(job.model), {
    nSequences: job.sequences,
    contextPerSequence: job.contextSequence,
  });
  const rows = job.work.kind === "score" ? job.batch : job.sequences;
  const allowedBytes = estimate.total + 4 * rows * vocabulary + REST;
  const allowed = "weights, KV cache, one buffer of logits and 200 MB";
  return { name, peakBytes, allowedBytes, allowed, reached: peakBytes <= allowedBytes };
}

async function auditPeak(threads: number, completions: number): Promise<number> {
  const options = {
    model: await ensureModel("tiny"),
    threads,
    limit: completions,
    maxTokens: 24,
    inProcess: true,
    auditOnly: true,
  };
  const turn = path.join(ROOT, ".cache", "bench", "audit-turn.js");
  const { stdout } = await runProgram(process.execPath, [turn, JSON.stringify(options)]);
  return lastLineOf<Sample>(stdout).peakBytes ?? Number.NaN;
}
