import { createServer } from "node:net";
import { type Job, randomSequences, warmUp } from "../job.js";
import { LLAMA_RELEASE, peer } from "../peer-tools.js";
import { type Background, startProgram } from "../processes.js";
import type { Contender, Sample } from "../rounds.js";

const HOST = "127.0.0.1";
const START_MS = 120_000;

/** llama-server with a slot a completion: all requests at once, each for the probabilities of its tokens. */
export function llamaServer(job: Job, vocabulary: number): Contender {
  const program = peer("llama-server");
  const { sequences, contextSequence, threads } = job;
  return {
    name: "llama-server",
    version: `llama.cpp ${LLAMA_RELEASE}, built for this processor`,
    settings: { slots: sequences, contextSequence, threads, n_probs: 1, samplers: "top_k 1", cache_prompt: false },
    async run() {
      const port = await freePort();
      const server = startProgram(
        program,
        [
          ...["-m", job.model, "--host", HOST, "--port", port, "-c", contextSequence * sequences, "-np", sequences],
          ...["-no-kvu", "-t", threads, "-tb", threads, "-fa", "on", "--cache-ram", 0, "-ctxcp", 0, "--no-slots"],
          ...["-fit", "off", "-lv", 1],
        ].map(String),
      );
      try {
        await ready(server, port);
        await request(port, warmUp(job), vocabulary);
        return await request(port, job, vocabulary);
      } finally {
        await server.stop();
      }
    },
  };
}

async function request(port: number, { work }: Job, vocabulary: number): Promise<Sample> {
  if (work.kind !== "generate") throw new Error("llama-server cannot score given tokens.");
  const prompts = randomSequences(vocabulary, new Array<number>(work.completions).fill(work.head + work.prefill));
  const started = performance.now();
  const counts = await Promise.all(prompts.map((prompt) => completionTokens(port, Array.from(prompt), work.maxTokens)));
  const seconds = (performance.now() - started) / 1000;
  const tokens = counts.reduce((sum, count) => sum + count, 0);
  if (tokens !== work.completions * work.maxTokens) throw new Error(`llama-server gave ${tokens} tokens, too few.`);
  return { tokens, seconds };
}

/** Generates one completion; returns the number of its tokens. */
async function completionTokens(port: number, prompt: readonly number[], maxTokens: number): Promise<number> {
  const body = {
    prompt,
    n_predict: maxTokens,
    temperature: 0,
    samplers: ["top_k"],
    top_k: 1,
    n_probs: 1,
    ignore_eos: true,
    cache_prompt: false,
  };
  const response = await fetch(`http://${HOST}:${port}/completion`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`llama-server answered ${response.status}: ${await response.text()}`);
  // Tokens within a character get probabilities as all do, but are not listed: so their number is what it predicted.
  const answer = (await response.json()) as { tokens_predicted: number };
  return answer.tokens_predicted;
}

async function ready(server: Background, port: number): Promise<void> {
  const deadline = Date.now() + START_MS;
  while (Date.now() < deadline && server.child.exitCode === null && server.child.pid !== undefined) {
    const answered = await fetch(`http://${HOST}:${port}/health`).then(
      (response) => response.ok,
      () => false,
    );
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`llama-server did not start:\n${server.output()}`);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, HOST, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
