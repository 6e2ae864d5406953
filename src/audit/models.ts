import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { realpath } from "node:fs/promises";
import { textOf, uint32Of } from "../engine/gguf/access.js";
import { checkAdapterFile } from "../engine/gguf/adapter-check.js";
import { checkModelFile, checkVocabularyFile } from "../engine/gguf/check.js";
import type { GgufHeader } from "../engine/gguf/types.js";
import { isRemote, parseRemote, type RemoteSpec } from "../engine/remote/spec.js";
import { TelltaleError } from "../errors.js";
import { isModelName } from "../hub/model-name.js";
import { type ModelOrigin, type ResolvedModel, resolveModel } from "../hub/resolve-model.js";
import type { DownloadProgress } from "../hub/settings.js";
import { readFailed } from "../io-errors.js";
import type { Role } from "../journal/records.js";
import type { OnAuditEvent } from "./events.js";
import type { AskedAuditOptions } from "./options.js";

/** A model of an audit: a file that is here, checked before anything is loaded, or servers elsewhere. */
export type ModelSource = FileSource | RemoteSource;

export interface FileSource {
  kind: "file";
  header: GgufHeader;
  /** Where the file came from; null for one that was here. */
  origin: ModelOrigin | null;
}

export interface RemoteSource {
  kind: "remote";
  spec: RemoteSpec;
  /** A GGUF file with the same vocabulary; null where none was given. */
  tokenizer: GgufHeader | null;
}

export interface AuditModels {
  finetuned: ModelSource;
  reference: ModelSource;
  adapter: FileSource | null;
  /** Both models are the same file: one set of weights serves both. */
  shared: boolean;
}

/** Downloads what is named on the hub, and checks every file. */
export async function checkModels(
  options: AskedAuditOptions,
  onEvent: OnAuditEvent,
  signal?: AbortSignal,
): Promise<AuditModels> {
  const { lora } = options;
  const hooks = {
    signal,
    onProgress: (progress: DownloadProgress) => onEvent({ type: "download", ...progress }),
    onNote: (message: string) => onEvent({ type: "note", message }),
  };
  const resolve = (name: string): Promise<ResolvedModel> => {
    if (isModelName(name)) onEvent({ type: "phase", phase: "find models", completions: 0 });
    return resolveModel(name, hooks);
  };
  const source = async (role: Role): Promise<ModelSource> => {
    const [name, vocabulary] = [options[role], options[`${role}Tokenizer`]];
    if (!isRemote(name)) {
      if (vocabulary === undefined) return fileSource(await resolve(name), checkModelFile);
      throw needless(`--${role}-tokenizer was given, but the ${role} model is a file, which has its own`);
    }
    const path = vocabulary === undefined ? null : (await resolve(vocabulary)).path;
    return {
      kind: "remote",
      spec: parseRemote(name),
      tokenizer: path === null ? null : await checkVocabularyFile(path),
    };
  };
  const finetuned = await source("finetuned");
  if (lora === undefined) return { ...(await pair(finetuned, await source("reference"))), adapter: null };
  if (finetuned.kind === "remote")
    throw needless("an adapter was given, but the finetuned model is behind an endpoint: serve it with the adapter");
  const adapter = await fileSource(await resolve(lora.path), (path) => checkAdapterFile(path, finetuned.header));
  return { ...(await pair(finetuned, await source("reference"))), adapter };
}

async function fileSource(
  { path, origin }: ResolvedModel,
  check: (path: string) => Promise<GgufHeader>,
): Promise<FileSource> {
  return { kind: "file", header: await check(path), origin };
}

async function pair(finetuned: ModelSource, reference: ModelSource): Promise<Omit<AuditModels, "adapter">> {
  if (finetuned.kind === "remote" || reference.kind === "remote") return { finetuned, reference, shared: false };
  const shared = (await real(finetuned.header.path)) === (await real(reference.header.path));
  return { finetuned, reference: shared ? { ...reference, header: finetuned.header } : reference, shared };
}

/** The header of a model that is run here. */
export function localHeader(source: ModelSource): GgufHeader | null {
  return source.kind === "file" ? source.header : null;
}

/** The header of a file with the model's vocabulary, where there is one here. */
export function vocabularyHeader(source: ModelSource): GgufHeader | null {
  return source.kind === "file" ? source.header : source.tokenizer;
}

/** Its file or its servers, for messages. */
export function nameOf(source: ModelSource): string {
  return source.kind === "file" ? source.header.path : source.spec.text;
}

/** Tokens the model was trained to see at once; undefined where the file does not say. */
export function trainedContext(header: GgufHeader): number | undefined {
  return uint32Of(header, `${textOf(header, "general.architecture")}.context_length`);
}

function needless(what: string): TelltaleError {
  return new TelltaleError("BAD_ARGUMENT", `Wrong audit options: ${what}.`);
}

/** SHA-256 of a file, hex. */
export async function sha256(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, ...(signal && { signal }) }))
      hash.update(chunk);
  } catch (cause) {
    if (signal?.aborted) throw new TelltaleError("CANCELLED", "The audit was cancelled.", { cause });
    throw readFailed(path, cause);
  }
  return hash.digest("hex");
}

async function real(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}
