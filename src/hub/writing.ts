import { TelltaleError } from "../errors.js";
import { writeFailed } from "../io-errors.js";

/** Runs a step that writes into a cache; a failure becomes WRITE_FAILED and names the variable that sets another folder. */
export async function writing<Value>(path: string, variable: string, step: () => Promise<Value>): Promise<Value> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof TelltaleError) throw error;
    const advice = `Or set ${variable} to a folder that can be written.`;
    throw new TelltaleError("WRITE_FAILED", `${writeFailed(path, error).message} ${advice}`, { cause: error });
  }
}
