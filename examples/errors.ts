import { openEngine, TelltaleError } from "telltale";

try {
  await openEngine("missing.gguf");
} catch (error) {
  if (!(error instanceof TelltaleError)) throw error;
  if (error.code === "FILE_UNREADABLE") console.log("Not there:", error.message);
  else console.log(error.code, error.message, error.log.at(-1));
}
