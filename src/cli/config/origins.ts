import type { Command } from "commander";
import pc from "picocolors";
import { TelltaleError } from "../../errors.js";
import { usesColour } from "../terminal/stream.js";
import { variableOf } from "./settable.js";

/** Says of options that an error names, but nobody typed, where they came from. */
export function reportOrigins(program: Command, error: unknown): void {
  if (!(error instanceof TelltaleError) || error.code !== "BAD_ARGUMENT") return;
  const { dim } = pc.createColors(usesColour(process.stderr));
  for (const command of program.commands) {
    for (const option of command.options) {
      const source = command.getOptionValueSource(option.attributeName());
      if (option.long === undefined || !error.message.split(/[^\w-]+/).includes(option.long)) continue;
      const place =
        source === "env" ? variableOf(option) : `${command.name()}.${option.attributeName()} of the file of --config`;
      if (source === "env" || source === "config")
        process.stderr.write(`${dim(`  ${option.long} comes from ${place}`)}\n`);
    }
  }
}
