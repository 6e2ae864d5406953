import type { Command } from "commander";
import { z } from "zod";
import { takenBy } from "../option-values.js";
import { settableOptions } from "./settable.js";

/** What a configuration file holds: by command, the values of its options. */
export type Config = Record<string, Record<string, unknown>>;

/** What a configuration file may hold, made of the options themselves. */
export function configSchema(program: Command): z.ZodType<Config> {
  const commands = program.commands.flatMap((command) => {
    const options = settableOptions(command).map((option) => {
      const { schema } = takenBy(option);
      return [option.attributeName(), schema.describe(describedAs(option.description, option.negate)).optional()];
    });
    if (options.length === 0) return [];
    const summary = `telltale ${command.name()}: ${command.summary()}`;
    return [[command.name(), z.strictObject(Object.fromEntries(options)).describe(summary).optional()]];
  });
  const schema = z.string().describe("where this schema lies, for editors").optional();
  return z.strictObject({ $schema: schema, ...Object.fromEntries(commands) }) as unknown as z.ZodType<Config>;
}

/** JSON Schema of configuration files, with a newline at its end. */
export function configJsonSchema(program: Command): string {
  const schema = z.toJSONSchema(configSchema(program), { target: "draft-2020-12" });
  return `${JSON.stringify({ title: "Telltale configuration", ...schema }, null, 2)}\n`;
}

function describedAs(description: string, negated: boolean): string {
  return negated ? `false: ${description}` : description;
}
