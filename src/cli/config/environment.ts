import { z } from "zod";
import { TelltaleError } from "../../errors.js";
import { quoted } from "../../safe-text.js";

/** The variables beside those of the options, and what each is for. */
export const VARIABLES: readonly (readonly [names: string, purpose: string])[] = [
  ["TELLTALE_API_KEY", "the key for the endpoints of both models"],
  ["TELLTALE_FINETUNED_API_KEY, TELLTALE_REFERENCE_API_KEY", "the key for those of one model"],
  ["TELLTALE_API_KEY_FILE", "a file that holds the key"],
  ["TELLTALE_SERVE_TOKEN", "what clients of telltale serve must send"],
  ["HF_TOKEN, HUGGING_FACE_HUB_TOKEN, HF_TOKEN_PATH", "the Hugging Face token, or a file that holds it"],
  ["HF_HUB_DISABLE_IMPLICIT_TOKEN", "1: the token's file is not used"],
  ["HF_ENDPOINT", "a mirror of the hub"],
  ["HF_HUB_OFFLINE, TRANSFORMERS_OFFLINE", "1: what is not cached is not downloaded"],
  ["HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, HF_HOME, XDG_CACHE_HOME", "where downloaded models lie"],
  ["HF_HUB_DISABLE_SYMLINKS", "1: files in the cache are no links"],
  ["TELLTALE_CACHE", "where downloaded corpora lie"],
  ["TELLTALE_ADDON", "another addon than the package's own"],
  ["TELLTALE_LLAMA_LIBRARY", "another llama.cpp library than the prebuilt one"],
  ["NO_COLOR", "anything: no colours and no escape sequences"],
  ["FORCE_COLOR", "1: colours in files and pipes, too; 0: none"],
  ["COLORTERM, TERM, COLORFGBG", "how many colours a terminal has; dumb: none; its background"],
];

const INDENT = 4;

/** The text of `telltale help environment`. */
export function environmentText(): string {
  const rows = VARIABLES.map(([names, purpose]) => `  ${names}\n${" ".repeat(INDENT)}  ${purpose}`);
  return `Every option has a variable, TELLTALE_ and its name in capitals, such as
TELLTALE_MAX_TOKENS=60 for --max-tokens 60; 1 and 0 for those that take no value
(TELLTALE_MMAP=0 for --no-mmap). Only --output, --html, --resume and
--retry-errors have none. Flags win over variables, and variables over the file
of --config.

${rows.join("\n")}
`;
}

/** What a variable says, as the option's text or as yes and no; undefined where it is not set or empty. */
export function environmentValue(variable: string, schema: z.ZodType, env = process.env): string | boolean | undefined {
  const text = env[variable];
  if (text === undefined || text === "") return undefined;
  if (!(schema instanceof z.ZodBoolean)) return text;
  if (/^(1|true|yes|on)$/i.test(text)) return true;
  if (/^(0|false|no|off)$/i.test(text)) return false;
  throw new TelltaleError("BAD_ARGUMENT", `The environment variable ${variable} must be 1 or 0, not ${quoted(text)}.`);
}
