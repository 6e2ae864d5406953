import { open } from "node:fs/promises";
import { TelltaleError } from "../errors.js";
import { readFailed } from "../io-errors.js";
import { quoted } from "../safe-text.js";

/** Never on the command line, which every user of a machine can read. */
export const TOKEN_VARIABLE = "TELLTALE_SERVE_TOKEN";

const LONGEST = 65_536;
const OTHERS = 0o077;

/** The server's token: from a file that nobody else can read, else from the environment, else none. */
export async function readServerToken(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return process.env[TOKEN_VARIABLE] || undefined;
  const file = await open(path, "r").catch((cause: unknown) => {
    throw readFailed(path, cause);
  });
  try {
    const { mode, size } = await file.stat();
    if (process.platform !== "win32" && (mode & OTHERS) !== 0) {
      throw new TelltaleError(
        "BAD_ARGUMENT",
        `Others can read or write the token in ${quoted(path, 4096)}: run chmod 600 on it, and use another token.`,
      );
    }
    const token = size > LONGEST ? "" : (await file.readFile("utf8")).trim();
    if (token === "") throw new TelltaleError("BAD_ARGUMENT", `There is no token in ${quoted(path, 4096)}.`);
    return token;
  } finally {
    await file.close();
  }
}
