import { LLAMA_RELEASE, peer } from "../peer-tools.js";
import { perplexityText } from "../perplexity-text.js";
import { failure, lastLineOf, runProgram } from "../processes.js";
import type { Contender } from "../rounds.js";

const version = `llama.cpp ${LLAMA_RELEASE}, built for this processor`;

/** llama-batched-bench: it decodes given tokens, so it neither samples nor reads a probability. */
export function batchedBench(
  model: string,
  threads: number,
  shape: { sequences: number; prefill: number; maxTokens: number; contextSequence: number },
): Contender {
  // The pass over the prefill gives the first token.
  const steps = shape.maxTokens - 1;
  const program = peer("llama-batched-bench");
  const args = [
    ...["-m", model, "-c", shape.contextSequence * shape.sequences, "-b", 2048, "-ub", 512, "-fa", "on"],
    ...["-npp", shape.prefill, "-ntg", steps, "-npl", shape.sequences, "-t", threads, "-tb", threads],
    ...["-no-kvu", "--output-format", "jsonl"],
  ].map(String);
  return {
    name: "llama-batched-bench",
    version,
    settings: { npp: shape.prefill, ntg: steps, npl: shape.sequences, threads, kvUnified: false, flashAttention: true },
    async run() {
      const { stdout, stderr } = await runProgram(program, args);
      const line = stdout.split("\n").find((each) => each.startsWith("{"));
      if (line === undefined) throw failure(program, `${stdout}\n${stderr}`);
      return { tokens: shape.sequences * shape.maxTokens, seconds: lastLineOf<{ t: number }>(line).t };
    },
  };
}

/** llama-perplexity on chunks of 512 tokens, the second half of each scored; its own time without loading. */
export function perplexity(model: string, threads: number, chunks: number, batch: 512 | 2048): Contender {
  const program = peer("llama-perplexity");
  return {
    name: `llama-perplexity -b ${batch}`,
    version,
    settings: { c: 512, b: batch, ub: 512, chunks, threads, flashAttention: true },
    async run() {
      const args = [
        ...["-m", model, "-f", await perplexityText(chunks), "-c", 512, "-b", batch, "-ub", 512, "--chunks", chunks],
        ...["-t", threads, "-tb", threads, "-fa", "on", "--perf", "-lv", 4],
      ].map(String);
      const { stdout, stderr } = await runProgram(program, args);
      const written = `${stdout}\n${stderr}`;
      const total = /total time = +([\d.]+) ms/.exec(written)?.[1];
      const tokenizing = /tokenization took ([\d.e+-]+) ms/.exec(written)?.[1];
      const done = written.match(/\[\d+\][\d.]+,/g)?.length;
      if (total === undefined || tokenizing === undefined || done !== chunks) throw failure(program, written);
      return { tokens: 512 * chunks, seconds: (Number(total) - Number(tokenizing)) / 1000 };
    },
  };
}

/** llama-bench's usual figures, for orientation: a prompt of 512 tokens, and one sequence generating. */
export function bench(model: string, threads: number, test: "pp512" | "tg32"): Contender {
  const program = peer("llama-bench");
  const [prompt, generated] = test === "pp512" ? [512, 0] : [0, 32];
  const args = [...["-m", model, "-p", prompt, "-n", generated, "-r", 1, "-t", threads, "-fa", 1, "-o", "json"]].map(
    String,
  );
  return {
    name: `llama-bench ${test}`,
    version,
    settings: { p: prompt, n: generated, threads, flashAttention: true },
    async run() {
      const { stdout } = await runProgram(program, args);
      const [result] = JSON.parse(stdout) as { samples_ns: number[] }[];
      const [nanoseconds] = result?.samples_ns ?? [];
      if (nanoseconds === undefined) throw failure(program, stdout);
      return { tokens: prompt + generated, seconds: nanoseconds / 1e9 };
    },
  };
}
