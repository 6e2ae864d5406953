import { definedOnly } from "../defined.js";
import type { Engine, LocalEngine } from "../engine/engine.js";
import { checkModelFile } from "../engine/gguf/check.js";
import { openHostEngines } from "../engine/host/engine.js";
import { planEngine } from "../engine/host/plan.js";
import { openNativeEngines } from "../engine/native/engine.js";
import { type ContextOptions, ContextRequest, ModelOptions, resolveOptions } from "../engine/options.js";
import { readApiKey } from "../engine/remote/credentials.js";
import { openRemoteEngine } from "../engine/remote/engine.js";
import { isRemote, parseRemote } from "../engine/remote/spec.js";
import { TelltaleError } from "../errors.js";
import { type FindOptions, findModel } from "./find-model.js";
import { openTokenizer } from "./open-tokenizer.js";

/** How a model is opened: what is absent is chosen. */
export interface OpenEngineOptions extends FindOptions {
  /** How the weights are loaded, and where. Default: on the CPU, the file mapped. For files only. */
  model?: Omit<ModelOptions, "path"> | undefined;
  /** How it computes. Sequences, batch and threads that are absent are chosen from the model and what is free. For files only. */
  context?: Omit<ContextOptions, "adapters"> | undefined;
  /** LoRA adapters. For files only. */
  adapters?:
    | readonly {
        /** The GGUF file, or its name on the hub. */
        path: string;
        /** How strongly it is applied. Default 1. */
        scale?: number | undefined;
      }[]
    | undefined;
  /** Run the model in this process, which a broken file can end. Default false: in a child process. For files only. */
  inProcess?: boolean | undefined;
  /** How a model behind endpoints is asked. For endpoints only. */
  endpoints?: EndpointOptions | undefined;
}

/** How a model behind endpoints is asked. */
export interface EndpointOptions {
  /** GGUF file with the model's vocabulary, by path or name. Default: asked of the servers, where they are Telltale's. */
  tokenizer?: string | undefined;
  /** Whether it will be asked for completions: what the servers answer is tried first. Default true. */
  generates?: boolean | undefined;
  /** Whether it will be asked for log-probabilities of given texts. Default true. */
  scores?: boolean | undefined;
  /** Sent to the endpoints only. Default: TELLTALE_API_KEY, else the file that TELLTALE_API_KEY_FILE names. */
  apiKey?: string | undefined;
  /** Requests to one endpoint at a time. Default 8. */
  concurrency?: number | undefined;
  /** Texts in one request. Default 16. */
  itemsRequest?: number | undefined;
  /** Seconds until a request is given up. Default 300. */
  timeoutSeconds?: number | undefined;
  /** Times a request is tried over all endpoints before the job fails. Default 6. */
  attempts?: number | undefined;
}

/**
 * Opens one model for tokenizing, generating and scoring.
 *
 * `model` is a GGUF file, a name on the hub (`hf:OWNER/REPO:Q8_0`), or endpoints (`http://HOST:PORT/v1[,...][#MODEL]`). A file is
 * checked before llama.cpp sees it and runs in a child process; `engine.facts` says what it really uses. Close the engine when it is
 * no longer needed: until then its process keeps this one alive.
 *
 * Throws BAD_ARGUMENT, FILE_UNREADABLE, BAD_MODEL, BAD_ADAPTER, NO_LIBRARY, NO_BACKEND, OUT_OF_MEMORY, ENGINE_DIED; for a name also
 * DOWNLOAD_FAILED; for endpoints ENDPOINT_FAILED and ENDPOINT_UNSUITABLE; CANCELLED.
 */
export async function openEngine(model: string, options: OpenEngineOptions = {}): Promise<Engine> {
  return isRemote(model) ? openEndpoints(model, options) : openFile(model, options);
}

async function openFile(name: string, options: OpenEngineOptions): Promise<LocalEngine> {
  if (options.endpoints !== undefined) throw needless("endpoints", "the model is a file");
  const { onEvent = () => {}, signal } = options;
  const loading = definedOnly({ ...options.model });
  const request = resolveOptions(ContextRequest, { ...options.context }, "context options");
  const { path } = await findModel(name, options);
  const adapters: { path: string; scale: number }[] = [];
  for (const adapter of options.adapters ?? [])
    adapters.push({ path: (await findModel(adapter.path, options)).path, scale: adapter.scale ?? 1 });
  const model = resolveOptions(ModelOptions, { ...loading, path }, "model options");
  const header = await checkModelFile(path);
  const plan = await planEngine([{ header, contexts: 1 }], model, request, {
    contextSequence: request.contextSequence,
  });
  for (const message of plan.notes) onEvent({ type: "note", message });
  const context = { ...definedOnly(request), ...plan.context, adapters };
  const open = options.inProcess ? openNativeEngines : openHostEngines;
  const [engine] = await open({ ...model, gpu: plan.gpu }, [context], definedOnly({ signal }));
  if (engine === undefined) throw new TelltaleError("ENGINE_FAILED", `No engine was opened for ${path}.`);
  return engine;
}

async function openEndpoints(address: string, options: OpenEngineOptions): Promise<Engine> {
  for (const name of ["model", "context", "adapters", "inProcess"] as const)
    if (options[name] !== undefined) throw needless(name, "the model is behind endpoints");
  const { onEvent = () => {}, signal, endpoints = {} } = options;
  const { tokenizer: file, generates = true, scores = true, apiKey, ...rest } = endpoints;
  const spec = parseRemote(address);
  const key = apiKey ?? (await readApiKey(null));
  const tokenizer = file === undefined ? null : await openTokenizer(file, options);
  const hooks = { ...definedOnly({ signal }), onNote: (message: string) => onEvent({ type: "note", message }) };
  const asked = { ...definedOnly({ ...rest, apiKey: key }), tokenizer, generates, scores };
  try {
    const engine = await openRemoteEngine(spec, asked, hooks);
    return {
      ...engine,
      async close() {
        await engine.close();
        await tokenizer?.close();
      },
    };
  } catch (error) {
    await tokenizer?.close();
    throw error;
  }
}

function needless(option: string, why: string): TelltaleError {
  return new TelltaleError("BAD_ARGUMENT", `The option "${option}" was given, but ${why}: leave it out.`);
}
