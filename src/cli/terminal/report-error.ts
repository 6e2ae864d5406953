import pc from "picocolors";
import { TelltaleError } from "../../errors.js";
import { escapeForTerminal } from "./escape.js";
import { usesColour } from "./stream.js";

/** Lines of llama.cpp's log shown under an error: those that speak of one. */
const LOG_LINES = 5;
const SPEAKS_OF_ONE = /error|fail|invalid|missing|wrong|unsupported/i;
/** What a file says of itself, in whatever words. */
const METADATA = /^\s*(print_info|llama_model_loader)/;

/** Writes an error for people to stderr: a sentence, its code, and what llama.cpp said. No stack of a foreseen one. */
export function reportError(error: unknown): void {
  const { red, dim } = pc.createColors(usesColour(process.stderr));
  if (!(error instanceof TelltaleError)) {
    const stack = stackOf(error).split("\n").map(escapeForTerminal);
    process.stderr.write(`${red("telltale:")} an error that should not be; please report it.\n${stack.join("\n")}\n`);
    return;
  }
  const said = error.log.filter((line) => SPEAKS_OF_ONE.test(line) && !METADATA.test(line));
  const lines = [
    `${red("telltale:")} ${escapeForTerminal(error.message)}`,
    dim(`  ${[`code ${error.code}`, `exit status ${error.exitCode}`, ...circumstances(error)].join(", ")}`),
    ...said.slice(-LOG_LINES).map((line) => dim(`  llama.cpp: ${escapeForTerminal(line.trim())}`)),
  ];
  process.stderr.write(`${lines.join("\n")}\n`);
}

/** Of whatever was thrown; what cannot even be made a text has a name at least. */
function stackOf(error: unknown): string {
  try {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  } catch {
    return `a thrown ${typeof error} without a text`;
  }
}

/** What was going on with which model, where the sentence does not name it. */
function circumstances({ message, phase, model }: TelltaleError): string[] {
  if (model !== undefined && message.includes(model)) return [];
  return [
    ...(phase === undefined ? [] : [`while: ${escapeForTerminal(phase)}`]),
    ...(model === undefined ? [] : [`model: ${escapeForTerminal(model)}`]),
  ];
}
