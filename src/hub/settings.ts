import { resolve } from "node:path";
import { TelltaleError } from "../errors.js";
import { withoutSecrets } from "../safe-text.js";
import { isTrue } from "./is-true.js";
import { ownCache, sharedCache } from "./places.js";
import { hubToken } from "./token.js";

/** What a caller may say about the hub; what is absent comes from the environment. */
export interface HubOptions {
  /** The server. Default: HF_ENDPOINT, else https://huggingface.co. */
  endpoint?: string | undefined;
  /** Sent to the endpoint only. Default: HF_TOKEN, else the file that `hf auth login` writes; "" is none. */
  token?: string | undefined;
  /** Telltale's own cache, for datasets. Default: TELLTALE_CACHE, else XDG_CACHE_HOME/telltale, else ~/.cache/telltale. */
  cacheFolder?: string | undefined;
  /** The Hugging Face tools' cache, for models. Default: HF_HUB_CACHE, else HF_HOME/hub, else ~/.cache/huggingface/hub. */
  modelCache?: string | undefined;
  /** Use only what the caches hold. Default: HF_HUB_OFFLINE. */
  offline?: boolean | undefined;
  /** Milliseconds before the first retry of an interrupted download, doubled for each further one. Default 500. */
  retryDelay?: number | undefined;
  /** Ends the work, which rejects with CANCELLED. */
  signal?: AbortSignal | undefined;
  /** Called as bytes arrive, or are read to be checked. */
  onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** Called with a sentence where something was done otherwise than asked, such as using a cache because the network failed. */
  onNote?: ((sentence: string) => void) | undefined;
}

/** How far a file is. */
export interface DownloadProgress {
  /** "check": a file that is there already, or has just arrived, is read for its hash. */
  step: "download" | "check";
  /** The file's path in its repository. */
  file: string;
  /** Bytes that are here or looked through. */
  bytesDone: number;
  /** Bytes of the file. */
  bytesTotal: number;
}

/** The same, decided and checked. */
export interface Hub {
  /** No slash at the end. */
  endpoint: string;
  token: string | undefined;
  cacheFolder: string;
  modelCache: string;
  /** Whether files of models may be links; HF_HUB_DISABLE_SYMLINKS says no. */
  links: boolean;
  offline: boolean;
  retryDelay: number;
  signal: AbortSignal | undefined;
  onProgress: ((progress: DownloadProgress) => void) | undefined;
  onNote: ((sentence: string) => void) | undefined;
}

/** Settings of the hub from options and environment. The token appears in no message. */
export function hubSettings(options: HubOptions = {}, env: NodeJS.ProcessEnv = process.env): Hub {
  return {
    endpoint: checkedEndpoint(options.endpoint || env.HF_ENDPOINT || "https://huggingface.co"),
    token: hubToken(options.token, env),
    cacheFolder: resolve(options.cacheFolder || ownCache(env)),
    modelCache: resolve(options.modelCache || sharedCache(env)),
    links: !isTrue(env.HF_HUB_DISABLE_SYMLINKS),
    offline: options.offline ?? (isTrue(env.HF_HUB_OFFLINE) || isTrue(env.TRANSFORMERS_OFFLINE)),
    retryDelay: options.retryDelay ?? 500,
    signal: options.signal,
    onProgress: options.onProgress,
    onNote: options.onNote,
  };
}

function checkedEndpoint(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url !== undefined && (url.username !== "" || url.password !== "")) {
    throw new TelltaleError(
      "BAD_ARGUMENT",
      "The hub's address must not hold a user name or password. Put a token into HF_TOKEN instead.",
    );
  }
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== "" || url.hash !== "") {
    const shown = withoutSecrets(endpoint);
    throw new TelltaleError(
      "BAD_ARGUMENT",
      `${shown} is no address of a hub. Set HF_ENDPOINT to one such as https://huggingface.co.`,
    );
  }
  return url.href.replace(/\/+$/, "");
}
