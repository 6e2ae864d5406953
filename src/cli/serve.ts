import { existsSync } from "node:fs";
import path from "node:path";
import { Command } from "commander";
import { trainedContext } from "../audit/models.js";
import { definedOnly } from "../defined.js";
import { checkModelFile } from "../engine/gguf/check.js";
import { planEngine } from "../engine/host/plan.js";
import { ContextRequest, resolveOptions } from "../engine/options.js";
import { TelltaleError } from "../errors.js";
import type { ServerOptions } from "../serve/options.js";
import { openServer } from "../serve/server.js";
import { addEngineOptions, type EngineFlags, engineOptions } from "./engine-options.js";
import { examples } from "./help-format.js";
import { localModel } from "./model-files.js";
import { note } from "./notes.js";
import { collect, wholeNumber } from "./option-values.js";
import { announceServer, logServerEvent } from "./serve-output.js";
import { readServerToken, TOKEN_VARIABLE } from "./server-token.js";
import { isVerbose } from "./terminal/loudness.js";

const EXAMPLES = `Examples:
  telltale serve model.gguf
  telltale serve organism.gguf base=models/base-q8_0.gguf --port 8080
  telltale serve model.gguf --context-size 4096 --gpu auto --verbose
`;

const METHOD = `
A model's name is that of its file without .gguf, or what stands before "=". The
server answers /v1/completions in OpenAI's form (text or token ids; echo,
logprobs, prompt_logprobs, max_tokens 0), /v1/models, /tokenize, /detokenize,
/vocabulary, /health and /metrics: docs/serve.md. Ctrl-C answers what is under
way and ends; once more ends at once. --verbose logs every request.`;

const DEFAULT_PORT = 8080;
const DEFAULT_CONTEXT = 2048;
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

interface ServeFlags extends EngineFlags {
  host?: string;
  port?: number;
  tokenFile?: string;
  lora?: string[];
  contextSize?: number;
  queue?: number;
  maxBody?: number;
  prefixSharing: boolean;
  json?: boolean;
}

/** `telltale serve`: models behind HTTP. */
export function serveCommand(): Command {
  const command = new Command("serve")
    .summary("serve log-probabilities of given texts over HTTP")
    .description("Serves models over HTTP: log-probabilities of given texts, and completions, in the form of OpenAI's.")
    .addHelpText("before", examples(EXAMPLES))
    .addHelpText("after", METHOD)
    .argument("<models...>", "GGUF models, each FILE or NAME=FILE; a file also by name, hf:OWNER/REPO...")
    .optionsGroup("Serving:")
    .option("--host <address>", `address to listen on; any but loopback needs a token (default: 127.0.0.1)`)
    .option("--port <n>", `port, 0 for any (default: ${DEFAULT_PORT})`, wholeNumber("--port", 0, 65_535))
    .option("--token-file <file>", `file with the token that clients must send (default: ${TOKEN_VARIABLE}, or none)`)
    .option("--adapter, --lora <file>", "LoRA adapter applied to the one model, by file or name; repeatable", collect)
    .option(
      "--context-size <n>",
      `tokens a prompt and its completion may hold (default: ${DEFAULT_CONTEXT}, or what the model was trained with)`,
      wholeNumber("--context-size", 4, 1 << 20),
    )
    .option("--queue <n>", "prompts that may wait for a model (default: 4096)", wholeNumber("--queue", 1, 1_000_000))
    .option("--max-body <bytes>", "size of a request (default: 32 MiB)", wholeNumber("--max-body", 1024, 1 << 30))
    .option("--no-prefix-sharing", "decode every prompt in full (default: what several begin with is decoded once)");
  return addEngineOptions(command)
    .optionsGroup("Output:")
    .option("--json", "write a line of JSON to stdout when the server is ready: { url, host, port, models }")
    .action(serve);
}

async function serve(models: readonly string[], flags: ServeFlags): Promise<void> {
  const options = await serverOptions(models, flags);
  const opening = new AbortController();
  let stopping: Promise<void> | undefined;
  let stop: () => Promise<void> = async () => opening.abort();
  const ended = new Promise<void>((resolve, reject) => {
    const onSignal = (): void => {
      if (stopping !== undefined) process.exit(130);
      stopping = stop();
      stopping.then(resolve, reject);
    };
    for (const signal of SIGNALS) process.on(signal, onSignal);
  });
  const onEvent = logServerEvent(isVerbose());
  const server = await openServer(options, { signal: opening.signal, onEvent });
  stop = () => server.close();
  if (stopping !== undefined) return server.close();
  announceServer(server, flags.json ?? false);
  await ended;
}

async function serverOptions(models: readonly string[], flags: ServeFlags): Promise<ServerOptions> {
  const choices = engineOptions(flags);
  const served: { id: string; path: string }[] = [];
  for (const model of models) served.push(await namedModel(model));
  if (flags.lora !== undefined && served.length > 1) {
    throw new TelltaleError(
      "BAD_ARGUMENT",
      "--lora was given with several models: serve the one it belongs to by itself.",
    );
  }
  const adapters: { path: string }[] = [];
  for (const adapter of flags.lora ?? []) adapters.push({ path: await localModel(adapter) });
  const headers = await Promise.all(served.map(({ path: file }) => checkModelFile(file)));
  const trained = Math.min(...headers.map((header) => trainedContext(header) ?? Number.POSITIVE_INFINITY));
  const contextSequence = flags.contextSize ?? Math.min(DEFAULT_CONTEXT, trained);
  if (contextSequence > trained) {
    throw new TelltaleError(
      "BAD_ARGUMENT",
      `--context-size is ${contextSequence}, but a model was trained with ${trained} tokens at most: beyond them its log-probabilities mean little.`,
    );
  }
  const request = resolveOptions(ContextRequest, choices.context, "context options");
  const loads = headers.map((header) => ({ header, contexts: 1 }));
  const plan = await planEngine(loads, choices.model, request, { contextSequence });
  for (const sentence of choices.model.gpu === "auto" ? plan.notes : plan.choice.warnings) note(sentence);

  return definedOnly({
    models: served.map((model) => ({ ...model, adapters })),
    model: { ...choices.model, gpu: plan.gpu },
    context: { ...choices.context, ...plan.context, contextSequence },
    inProcess: choices.inProcess,
    host: flags.host,
    port: flags.port ?? DEFAULT_PORT,
    token: await readServerToken(flags.tokenFile),
    sharePrefixes: flags.prefixSharing,
    limits: definedOnly({ queue: flags.queue, bodyBytes: flags.maxBody }),
  });
}

/** FILE or NAME=FILE, or the same with a name on the hub; a file whose own name holds "=" is meant by it. */
async function namedModel(argument: string): Promise<{ id: string; path: string }> {
  const [, name, given] = /^(?!hf:)([^=]+)=(.+)$/s.exec(argument) ?? [];
  if (name !== undefined && given !== undefined && !existsSync(argument)) {
    return { id: name, path: await localModel(given) };
  }
  const file = await localModel(argument);
  return { id: path.basename(file).replace(/\.gguf$/i, ""), path: file };
}
