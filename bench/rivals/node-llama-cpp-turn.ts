import { getLlama, LlamaCompletion, type LlamaContextSequence, LlamaLogLevel, type Token } from "node-llama-cpp";
import { type GenerateWork, type Job, randomSequences, type ScoreWork, tokensOf, warmUp } from "../job.js";
import type { Sample } from "../rounds.js";

export interface NodeLlamaCppOptions {
  /** How completions are made: token by token with its log-probability, or by LlamaCompletion, which gives none. */
  generate?: "evaluate" | "completion";
}

/** Does the job through node-llama-cpp's API: one context, a sequence a completion or item, all of them at once. */
export async function nodeLlamaCppTurn(options: NodeLlamaCppOptions, job: Job): Promise<Sample> {
  const { generate: how = "evaluate" } = options;
  const { model: modelPath, threads, sequences, contextSequence, batch } = job;
  const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.error, maxThreads: threads });
  const model = await llama.loadModel({ modelPath, gpuLayers: 0 });
  const context = await model.createContext({
    sequences,
    contextSize: contextSequence,
    batchSize: batch,
    threads: { ideal: threads, min: threads },
    flashAttention: true,
  });
  const slots = Array.from({ length: sequences }, () => context.getSequence());
  const vocabulary = model.fileInfo.metadata.tokenizer.ggml.tokens.length;
  const doJob = async (each: Job): Promise<Sample> => {
    const started = performance.now();
    const tokens = await work(each);
    const seconds = (performance.now() - started) / 1000;
    if (tokens !== tokensOf(each)) throw new Error(`node-llama-cpp did ${tokens} tokens instead of ${tokensOf(each)}.`);
    return { tokens, seconds };
  };
  const work = ({ work }: Job): Promise<number> => {
    if (work.kind === "score") return score(slots, work, vocabulary);
    return how === "completion" ? complete(slots, work, vocabulary) : generate(slots, work, vocabulary);
  };
  await doJob(warmUp(job));
  const sample = await doJob(job);
  await context.dispose();
  await model.dispose();
  return sample;
}

/** Every slot takes the next row as soon as it is free; returns the tokens done. */
async function inSlots(
  slots: readonly LlamaContextSequence[],
  rows: readonly Int32Array[],
  run: (slot: LlamaContextSequence, row: Token[]) => Promise<number>,
): Promise<number> {
  let next = 0;
  let tokens = 0;
  const work = slots.map(async (slot) => {
    for (let row = rows[next++]; row !== undefined; row = rows[next++]) {
      await slot.clearHistory();
      const done = await run(slot, Array.from(row) as Token[]);
      tokens += done;
    }
  });
  await Promise.all(work);
  return tokens;
}

function generate(slots: readonly LlamaContextSequence[], work: GenerateWork, vocabulary: number): Promise<number> {
  const lengths = new Array<number>(work.completions).fill(work.head + work.prefill);
  return inSlots(slots, randomSequences(vocabulary, lengths), async (slot, row) => {
    let sum = 0;
    let count = 0;
    for await (const { confidence } of slot.evaluateWithMetadata(row, { confidence: true }, { temperature: 0 })) {
      sum += Math.log(confidence);
      count += 1;
      if (count === work.maxTokens) break;
    }
    return Number.isNaN(sum) ? 0 : count;
  });
}

async function complete(
  slots: readonly LlamaContextSequence[],
  { completions, head, prefill, maxTokens }: GenerateWork,
  vocabulary: number,
): Promise<number> {
  const rows = randomSequences(vocabulary, new Array<number>(completions).fill(head + prefill));
  const bySlot = new Map(slots.map((slot) => [slot, new LlamaCompletion({ contextSequence: slot })]));
  return inSlots(slots, rows, async (slot, row) => {
    // It hands on no token that ends within a character, so why it stopped tells how many there were.
    const options = { maxTokens, temperature: 0, repeatPenalty: false } as const;
    const { metadata } = (await bySlot.get(slot)?.generateCompletionWithMeta(row, options)) ?? {};
    return metadata?.stopReason === "maxTokens" ? maxTokens : 0;
  });
}

function score(slots: readonly LlamaContextSequence[], work: ScoreWork, vocabulary: number): Promise<number> {
  const rows = randomSequences(
    vocabulary,
    work.targets.map((targets) => work.context + targets),
  );
  // The token chosen greedily is the likeliest: its logit is the largest, which the total weight is relative to. (The
  // filter's includeMax leaves the largest out unless it was asked for by its id.)
  const greedy = { temperature: 0 };
  return inSlots(slots, rows, async (slot, row) => {
    let count = 0;
    const input = row.slice(0, -1).map((token, i) => {
      const target = row[i + 1] as Token;
      if (i + 1 < work.context) return token;
      const generateNext = {
        logits: { filter: { tokens: [target], includeSelected: true } },
        totalLogitWeight: true,
        options: greedy,
      };
      return [token, { generateNext }] as [Token, { generateNext: typeof generateNext }];
    });
    const results = await slot.controlledEvaluate(input);
    for (const [i, result] of results.entries()) {
      const target = row[i + 1] as Token;
      const { logits, totalLogitWeight } = result?.next ?? {};
      const logprob =
        (logits?.get(target) ?? Number.NaN) -
        Math.max(...(logits?.values() ?? [])) -
        Math.log(totalLogitWeight ?? Number.NaN);
      if (!Number.isNaN(logprob)) count += 1;
    }
    return count;
  });
}
