import pc from "picocolors";
import { TelltaleError } from "../../errors.js";
import { escapeForTerminal } from "./escape.js";
import { usesColour } from "./stream.js";

/** Lines of llama.cpp's log shown under an error: those that speak of one. */
const LOG_LINES = 5;

/** Writes an error for people to stderr: a sentence, its code, and what llama.cpp said. No stack of a foreseen one. */
export function reportError(error: unknown): void {
  const { red, dim } = pc.createColors(usesColour(process.stderr));
  if (!(error instanceof TelltaleError)) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`${red("telltale:")} an error that should not be; please report it.\n${text}\n`);
    return;
  }
  const said = error.log.filter((line) => /error|fail|invalid|unknown|missing|wrong|unsupported/i.test(line));
  const lines = [
    `${red("telltale:")} ${escapeForTerminal(error.message)}`,
    dim(`  code ${error.code}, exit status ${error.exitCode}`),
    ...said.slice(-LOG_LINES).map((line) => dim(`  llama.cpp: ${escapeForTerminal(line.trim())}`)),
  ];
  process.stderr.write(`${lines.join("\n")}\n`);
}
