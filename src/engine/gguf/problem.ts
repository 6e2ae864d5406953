import { TelltaleError } from "../../errors.js";

/** What a file was given as: decides the code of every complaint about it. */
export type FileRole = "model" | "adapter";

export const AGAIN = "Download the file again, or convert the model again.";

/** The error for a file that is there but cannot serve as a model or adapter; `what` is a clause about the file. */
export function badFile(role: FileRole, path: string, what: string, advice: string = AGAIN): TelltaleError {
  const code = role === "model" ? "BAD_MODEL" : "BAD_ADAPTER";
  return new TelltaleError(code, `The ${role} file ${path} ${what}. ${advice}`, { phase: "check", model: path });
}

/** The error for a path at which there is no file to read. */
export function unreadable(role: FileRole, path: string, what: string, advice: string): TelltaleError {
  const sentence = `The ${role} file ${path} ${what}. ${advice}`;
  return new TelltaleError("FILE_UNREADABLE", sentence, { phase: "check", model: path });
}
