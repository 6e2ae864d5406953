import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/** Telltale's own cache: TELLTALE_CACHE, else XDG_CACHE_HOME/telltale, else ~/.cache/telltale. */
export function ownCache(env: NodeJS.ProcessEnv): string {
  return env.TELLTALE_CACHE || join(userCache(env), "telltale");
}

/** The cache that the Hugging Face tools share: HF_HUB_CACHE, else HF_HOME/hub, else ~/.cache/huggingface/hub. */
export function sharedCache(env: NodeJS.ProcessEnv): string {
  const named = env.HF_HUB_CACHE || env.HUGGINGFACE_HUB_CACHE;
  return named ? withHome(named) : join(toolsHome(env), "hub");
}

/** Where the Hugging Face tools keep the token of who has logged in: HF_TOKEN_PATH, else HF_HOME/token. */
export function tokenFile(env: NodeJS.ProcessEnv): string {
  return env.HF_TOKEN_PATH ? withHome(env.HF_TOKEN_PATH) : join(toolsHome(env), "token");
}

function toolsHome(env: NodeJS.ProcessEnv): string {
  return env.HF_HOME ? withHome(env.HF_HOME) : join(userCache(env), "huggingface");
}

function userCache(env: NodeJS.ProcessEnv): string {
  const xdg = env.XDG_CACHE_HOME;
  return xdg && isAbsolute(xdg) ? xdg : join(homedir(), ".cache");
}

function withHome(path: string): string {
  return path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(1)) : path;
}
