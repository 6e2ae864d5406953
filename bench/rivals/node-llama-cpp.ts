import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { type Job, tokensOf } from "../job.js";
import type { Contender } from "../rounds.js";
import { libraryTurn } from "./library-turn.js";
import type { NodeLlamaCppOptions } from "./node-llama-cpp-turn.js";

const manifest = path.resolve(
  path.dirname(createRequire(import.meta.url).resolve("node-llama-cpp")),
  "../package.json",
);
const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };

/** node-llama-cpp's own API. It may be given less to do than others: rates are compared. */
export function nodeLlamaCpp(job: Job, options: NodeLlamaCppOptions = {}, name = "node-llama-cpp"): Contender {
  const { sequences, contextSequence, batch, threads } = job;
  const generating = options.generate === "completion" ? "LlamaCompletion" : "evaluateWithMetadata, confidence";
  const api = job.work.kind === "generate" ? generating : "controlledEvaluate, logits and their total weight";
  return {
    name,
    version,
    settings: { sequences, contextSequence, batch, threads, api, tokens: tokensOf(job) },
    run: () => libraryTurn("node-llama-cpp", options, job, name),
  };
}
