import { type FileHandle, open } from "node:fs/promises";
import { TelltaleError } from "../../errors.js";
import { explainFailure } from "../../io-errors.js";
import { quoted } from "../../safe-text.js";

const VARIABLES = { finetuned: "TELLTALE_FINETUNED_API_KEY", reference: "TELLTALE_REFERENCE_API_KEY" } as const;
const ANY_ROLE = "TELLTALE_API_KEY";
const FILE_VARIABLE = "TELLTALE_API_KEY_FILE";
const MOST_BYTES = 16_384;
const OTHERS_MAY = 0o077;

export interface KeySource {
  /** A file that holds the key and nothing else. Default: TELLTALE_API_KEY_FILE. */
  file?: string | undefined;
  env?: NodeJS.ProcessEnv;
}

/**
 * The key for the endpoints of a role, null for a model that has none: from the role's variable, else from TELLTALE_API_KEY, else from
 * a file that only its owner may read; undefined where none is given. Throws BAD_ARGUMENT or FILE_UNREADABLE, never with a part of the key.
 */
export async function readApiKey(
  role: keyof typeof VARIABLES | null,
  { file, env = process.env }: KeySource = {},
): Promise<string | undefined> {
  for (const variable of role === null ? [ANY_ROLE] : [VARIABLES[role], ANY_ROLE]) {
    const value = env[variable]?.trim();
    if (value) return checkedKey(value, `The environment variable ${variable}`);
  }
  const path = file || env[FILE_VARIABLE];
  if (!path) return undefined;
  // Who puts the key itself where its file belongs must not find it in a message.
  const text = await readPrivate(path, file ? quoted(path, 4096) : `The file that ${FILE_VARIABLE} names`);
  return checkedKey(text.trim(), quoted(path, 4096));
}

/** `what`: how a message calls a file that cannot be opened. */
async function readPrivate(path: string, what: string): Promise<string> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, "r");
    const facts = await handle.stat();
    // Windows has no such bits: every file would look as if all could read it.
    if (process.platform !== "win32" && (facts.mode & OTHERS_MAY) !== 0) throw tooOpen(path);
    if (!facts.isFile() || facts.size > MOST_BYTES) {
      throw new TelltaleError("BAD_ARGUMENT", `${quoted(path, 4096)} is no file with a key alone in it.`);
    }
    return await handle.readFile("utf8");
  } catch (error) {
    if (error instanceof TelltaleError) throw error;
    const sentence = `${what} could not be read: ${explainFailure(error)}`;
    throw new TelltaleError("FILE_UNREADABLE", sentence);
  } finally {
    await handle?.close();
  }
}

function tooOpen(path: string): TelltaleError {
  const sentence =
    `The key in ${quoted(path, 4096)} may be read by other users, so it is not used. ` +
    `Make it private with: chmod 600 '${path.replaceAll("'", "'\\''")}'`;
  return new TelltaleError("BAD_ARGUMENT", sentence);
}

function checkedKey(key: string, where: string): string {
  if (/^[!-~]{1,8192}$/.test(key)) return key;
  const sentence = `${where} holds no usable key: expected one line of visible ASCII characters without spaces.`;
  throw new TelltaleError("BAD_ARGUMENT", sentence);
}
