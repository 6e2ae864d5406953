import { ERROR_EXIT_CODES, type ErrorCode, TelltaleError } from "../../errors.js";

/** Gives an error from C++ its phase, its model and the caller's stack. */
export async function translated<T>(phase: string, model: string, run: () => T | Promise<T>): Promise<T> {
  const caller = new Error().stack;
  try {
    return await run();
  } catch (error) {
    const { code, message, log } = error as { code?: string; message: string; log?: string[] };
    if (error instanceof TelltaleError || code === undefined || !(code in ERROR_EXIT_CODES)) throw error;
    const typed = new TelltaleError(code as ErrorCode, message, { phase, model, log: log ?? [], cause: error });
    if (caller !== undefined) typed.stack = `${typed.name}: ${message}\n${caller.split("\n").slice(2).join("\n")}`;
    throw typed;
  }
}
