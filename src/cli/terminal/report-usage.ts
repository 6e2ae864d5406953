import { TelltaleError } from "../../errors.js";
import { reportError } from "./report-error.js";

/** Writes what commander says of wrong arguments as every other error is written. */
export function reportUsage(text: string, command: string): void {
  const help = command === "telltale" ? "telltale --help" : `telltale ${command} --help`;
  const sentence = text
    .trim()
    .replace(/^error: /, "")
    .replace(/\n\((Did you mean .*\?)\)$/, ". $1");
  const ended = /[.?]$/.test(sentence) ? sentence : `${sentence}.`;
  // commander has more to say only where the name of something holds a line's end.
  reportError(new TelltaleError("BAD_ARGUMENT", `${ended[0]?.toUpperCase()}${ended.slice(1)} See ${help}.`));
}
