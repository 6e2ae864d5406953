import { createColors } from "picocolors";
import { ERROR_EXIT_CODES } from "../errors.js";
import { checkHealth } from "../health/check-health.js";
import type { HealthCheck, HealthReport } from "../health/report.js";
import type { EngineChoices } from "./engine-options.js";
import { checkLine, STATE_WIDTH } from "./terminal/check-line.js";
import { escapeForTerminal, jsonLine } from "./terminal/escape.js";
import { usesColour } from "./terminal/stream.js";

export interface ModelDoctorFlags {
  json?: boolean;
  maxBitsPerByte?: number;
}

/** Examines a model and shows what was found. Exit status: 0, 1 where a check failed, or the one of the error it failed with. */
export async function examineModel(path: string, choices: EngineChoices, flags: ModelDoctorFlags): Promise<void> {
  const { maxBitsPerByte } = flags;
  const report = await checkHealth(path, { ...choices, ...(maxBitsPerByte !== undefined && { maxBitsPerByte }) });
  process.stdout.write(flags.json ? jsonLine(report) : shown(report));
  process.exitCode = exitStatus(report);
}

function exitStatus({ ok, checks }: HealthReport): number {
  const code = checks.find(({ state, code }) => state === "failed" && code !== undefined)?.code;
  return ok ? 0 : code === undefined ? 1 : ERROR_EXIT_CODES[code];
}

function shown({ model, ok, checks }: HealthReport): string {
  const colors = createColors(usesColour(process.stdout));
  const paint = { ok: colors.green, warning: colors.yellow, failed: colors.red };
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.map((check) =>
    checkLine(paint[check.state](check.state.padEnd(STATE_WIDTH)), check.name, sentences(check), width),
  );
  return `${lines.join("\n")}\n\n${escapeForTerminal(model)}: ${verdict(ok, checks)}\n`;
}

/** What was found, and what to do as a sentence of its own. */
function sentences({ detail, remedy }: HealthCheck): string {
  if (remedy === undefined) return detail;
  return `${detail.replace(/\.$/, "")}. ${remedy[0]?.toUpperCase()}${remedy.slice(1)}.`;
}

function verdict(ok: boolean, checks: readonly HealthCheck[]): string {
  if (!ok) return "not to be relied on. See the lines above.";
  const warnings = checks.filter(({ state }) => state === "warning").length;
  if (warnings === 0) return "healthy.";
  return `can be audited, with ${warnings === 1 ? "one reservation" : `${warnings} reservations`}. See the lines above.`;
}
