import { readFileSync } from "node:fs";
import { TelltaleError } from "../errors.js";
import { readFailed, systemCode } from "../io-errors.js";
import { isTrue } from "./is-true.js";
import { tokenFile } from "./places.js";

/**
 * The hub's token: the one given, else HF_TOKEN, else the file in which the Hugging Face tools keep it (`hf auth login`) unless
 * HF_HUB_DISABLE_IMPLICIT_TOKEN is set. Undefined where there is none. No message repeats it.
 */
export function hubToken(given: string | undefined, env: NodeJS.ProcessEnv): string | undefined {
  if (given !== undefined) return checked(given, "The token");
  const variable = env.HF_TOKEN?.trim() || env.HUGGING_FACE_HUB_TOKEN?.trim();
  if (variable) return checked(variable, "HF_TOKEN");
  if (isTrue(env.HF_HUB_DISABLE_IMPLICIT_TOKEN)) return undefined;
  const path = tokenFile(env);
  return checked(textOf(path), `The token's file ${path}`);
}

function checked(text: string, what: string): string | undefined {
  const token = text.trim();
  if (token === "") return undefined;
  if (!/^[\x21-\x7e]{1,4096}$/.test(token)) {
    throw new TelltaleError("BAD_ARGUMENT", `${what} holds characters that no token has. Set it anew, or remove it.`);
  }
  return token;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    if (["ENOENT", "ENOTDIR"].includes(systemCode(cause))) return "";
    throw readFailed(path, cause);
  }
}
