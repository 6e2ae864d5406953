// The engine process: runs a model for its parent and ends with it. Its stderr is llama.cpp's log.
import { TelltaleError } from "../../errors.js";
import type { Engine, JobProgress, LocalFacts, Tokenizer, TokenizerFacts } from "../engine.js";
import { loadAddon } from "../native/addon.js";
import { openNativeEngines } from "../native/engine.js";
import { openNativeTokenizer } from "../native/tokenizer.js";
import type { FromChild, PlainError, Request, ToChild } from "./protocol.js";

let engines: Engine[] = [];
/** The engines, or the one vocabulary. */
let tokenizers: Tokenizer[] = [];
const jobs = new Map<number, AbortController>();

const send = (message: FromChild): void => {
  process.send?.(message);
};

async function answer(id: number, request: Request): Promise<unknown> {
  if (request.call === "open") {
    loadAddon().echoLog(true);
    const facts = await open(request);
    // What checking the file left behind, a string for each token, V8 would keep until its own heap grows.
    globalThis.gc?.();
    return facts;
  }
  switch (request.call) {
    case "tokenize":
      return opened(tokenizers, request).tokenize(request.texts, request.options);
    case "detokenize":
      return opened(tokenizers, request).detokenize(request.sequences);
    case "vocabulary":
      return opened(tokenizers, request).vocabulary();
    case "peakMemory":
      return opened(engines, request).peakMemory();
    case "close":
      return opened(engines, request).close();
    case "generate":
    case "score":
      return runJob(id, opened(engines, request), request);
  }
}

async function open(request: Extract<Request, { call: "open" }>): Promise<TokenizerFacts | LocalFacts[]> {
  if ("vocabulary" in request) {
    const tokenizer = await openNativeTokenizer(request.vocabulary);
    tokenizers = [tokenizer];
    return tokenizer.facts;
  }
  const local = await openNativeEngines(request.model, request.contexts);
  engines = tokenizers = local;
  return local.map(({ facts }) => facts);
}

function opened<T>(list: readonly T[], { engine }: { engine: number }): T {
  const found = list[engine];
  if (found === undefined) throw new TelltaleError("ENGINE_UNAVAILABLE", "The engine is not open.");
  return found;
}

async function runJob(
  id: number,
  engine: Engine,
  request: Extract<Request, { call: "generate" | "score" }>,
): Promise<void> {
  const controller = new AbortController();
  jobs.set(id, controller);
  const options = {
    signal: controller.signal,
    onProgress: (progress: JobProgress) => send({ id, progress }),
  };
  try {
    const batches =
      request.call === "generate" ? engine.generate(request.request, options) : engine.score(request.request, options);
    for await (const batch of batches) send({ id, batch });
  } finally {
    jobs.delete(id);
  }
}

function plainError(error: unknown): PlainError {
  if (error instanceof TelltaleError) {
    const { code, message, phase, model, log } = error;
    return { code, message, phase, model, log };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: "ENGINE_FAILED", message, phase: undefined, model: undefined, log: [] };
}

process.on("message", (message: ToChild) => {
  if ("cancel" in message) {
    jobs.get(message.id)?.abort();
    return;
  }
  answer(message.id, message.request).then(
    (result) => send({ id: message.id, result }),
    (error: unknown) => send({ id: message.id, error: plainError(error) }),
  );
});

// The terminal sends ctrl-C to parent and child alike; the parent decides what becomes of it.
process.on("SIGINT", () => {});
// Without the parent there is nobody to compute for; no destructor needs to run.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
