import type { Command, Option } from "commander";
import { GENERAL } from "../help-format.js";

/** What only ever concerns one call: no file and no variable says it for all of them. */
const ONE_CALL = new Set(["resume", "retryErrors"]);

/** What each command means something else by, so that one variable cannot say it for all. */
const PLACES = new Set(["output", "html"]);

/** The options of a command that a configuration file may set. */
export function settableOptions(command: Command): Option[] {
  if (command.parent === null) return command.options.filter((option) => option.helpGroupHeading === GENERAL);
  return command.options.filter((option) => !ONE_CALL.has(option.attributeName()));
}

/** The environment variable of an option, e.g. TELLTALE_MAX_TOKENS; null where it has none. */
export function variableOf(option: Option): string | null {
  const name = option.attributeName();
  if (ONE_CALL.has(name) || PLACES.has(name)) return null;
  return `TELLTALE_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}
