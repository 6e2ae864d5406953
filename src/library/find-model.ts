import { isRemote } from "../engine/remote/spec.js";
import { TelltaleError } from "../errors.js";
import { type ResolvedModel, resolveModel } from "../hub/resolve-model.js";
import type { DownloadProgress, HubOptions } from "../hub/settings.js";
import { withoutSecrets } from "../safe-text.js";
import type { Hooks, HubPlace } from "./hooks.js";

/** What happens while files are looked for on the hub. */
export type FindEvent =
  /** A file is being downloaded, or looked through for its hash. */
  | ({ type: "download" } & DownloadProgress)
  /** Something a person should know, such as a decision that was taken. */
  | {
      type: "note";
      /** A sentence. */
      message: string;
    };

/** Where a model comes from. */
export interface FindOptions extends Hooks<FindEvent> {
  /** The hub, and the caches on this machine. */
  hub?: HubPlace | undefined;
}

/**
 * Where a GGUF model or adapter lies on this machine: a path is returned as it is; a name `hf:OWNER/REPO[@REVISION][/FILE or
 * :QUANTISATION]` is looked up on the Hugging Face hub, downloaded into the cache its tools share where it is missing, and checked by
 * its hash.
 *
 * Throws BAD_ARGUMENT for a name that means no file or several, with what there is; DOWNLOAD_FAILED; WRITE_FAILED where the cache
 * cannot be written; CANCELLED.
 */
export async function findModel(model: string, options: FindOptions = {}): Promise<ResolvedModel> {
  if (isRemote(model)) {
    const sentence = `${withoutSecrets(model)} is an address, and this takes a model file. Endpoints are for openEngine and audit.`;
    throw new TelltaleError("BAD_ARGUMENT", sentence);
  }
  return resolveModel(model, hubOptions(options));
}

/** The same options as the hub's own functions take them. */
export function hubOptions({ hub, signal, onEvent = () => {} }: FindOptions): HubOptions {
  return {
    ...hub,
    signal,
    onProgress: (progress) => onEvent({ type: "download", ...progress }),
    onNote: (message) => onEvent({ type: "note", message }),
  };
}
