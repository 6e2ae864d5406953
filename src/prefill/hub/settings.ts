import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { TelltaleError } from "../../errors.js";
import { quoted } from "../../safe-text.js";

/** What a caller may say about the hub; what is absent comes from the environment. */
export interface HubOptions {
  /** The server. Default: HF_ENDPOINT, else https://huggingface.co. */
  endpoint?: string | undefined;
  /** Default: HF_TOKEN. Sent to the endpoint only. */
  token?: string | undefined;
  /** Default: TELLTALE_CACHE, else XDG_CACHE_HOME/telltale, else ~/.cache/telltale. */
  cacheFolder?: string | undefined;
  /** Milliseconds before the first retry of an interrupted download, doubled for each further one. Default 500. */
  retryDelay?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Called as bytes arrive. */
  onProgress?: ((progress: DownloadProgress) => void) | undefined;
}

export interface DownloadProgress {
  /** The file's path in its repository. */
  file: string;
  bytesDone: number;
  bytesTotal: number;
}

/** The same, decided and checked. */
export interface Hub {
  /** No slash at the end. */
  endpoint: string;
  token: string | undefined;
  cacheFolder: string;
  retryDelay: number;
  signal: AbortSignal | undefined;
  onProgress: ((progress: DownloadProgress) => void) | undefined;
}

/** Settings of the hub from options and environment. The token appears in no message. */
export function hubSettings(options: HubOptions = {}, env: NodeJS.ProcessEnv = process.env): Hub {
  return {
    endpoint: checkedEndpoint(options.endpoint || env.HF_ENDPOINT || "https://huggingface.co"),
    token: checkedToken((options.token ?? env.HF_TOKEN)?.trim()),
    cacheFolder: resolve(options.cacheFolder || defaultCacheFolder(env)),
    retryDelay: options.retryDelay ?? 500,
    signal: options.signal,
    onProgress: options.onProgress,
  };
}

function defaultCacheFolder(env: NodeJS.ProcessEnv): string {
  if (env.TELLTALE_CACHE) return env.TELLTALE_CACHE;
  const xdg = env.XDG_CACHE_HOME;
  return join(xdg && isAbsolute(xdg) ? xdg : join(homedir(), ".cache"), "telltale");
}

function checkedEndpoint(endpoint: string): string {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== "" || url.hash !== "") {
    throw new TelltaleError(
      "BAD_ARGUMENT",
      `${quoted(endpoint)} is no address of a hub. Set HF_ENDPOINT to one such as https://huggingface.co.`,
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw new TelltaleError(
      "BAD_ARGUMENT",
      "The hub's address must not hold a user name or password. Put a token into HF_TOKEN instead.",
    );
  }
  return url.href.replace(/\/+$/, "");
}

function checkedToken(token: string | undefined): string | undefined {
  if (token === undefined || token === "") return undefined;
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new TelltaleError("BAD_ARGUMENT", "HF_TOKEN holds characters that no token has. Set it anew, or unset it.");
  }
  return token;
}
