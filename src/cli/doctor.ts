import { Command } from "commander";
import { createColors } from "picocolors";
import { BACKENDS, prebuiltPackage } from "../engine/native/library.js";
import { type ProbeResult, probeBackend } from "../engine/native/probe.js";
import { ERROR_EXIT_CODES } from "../errors.js";
import { addonCheck, autoCheck, backendCheck, releaseCheck } from "./doctor-backends.js";
import { type Check, modelChecks, systemChecks, toolChecks } from "./doctor-checks.js";
import { escapeForTerminal, jsonLine } from "./terminal/escape.js";
import { columnsOf, usesColour } from "./terminal/stream.js";
import { hangingParagraph } from "./terminal/wrap.js";

const EXAMPLES = `Examples:
  telltale doctor
  telltale doctor --json
`;

const GAP = "  ";
const STATE_WIDTH = "problem".length;

/** `telltale doctor`: what is installed, what is missing, and how to get it. */
export function doctorCommand(): Command {
  return new Command("doctor")
    .summary("show what is installed and what is missing")
    .description("Checks all that Telltale needs, and says how to get what is missing.")
    .addHelpText("before", EXAMPLES)
    .addHelpText("after", `\nExits 0 when auditing on the CPU works, ${ERROR_EXIT_CODES.NO_LIBRARY} otherwise.`)
    .option("--json", "print one JSON value: { ok, checks: [{ name, state, detail, remedy?, required }] }")
    .action(doctor);
}

const NO_PREBUILT: ProbeResult = {
  ok: false,
  part: "library",
  code: "NO_BACKEND",
  message: `There are no prebuilt libraries for ${process.platform} ${process.arch}.`,
};

async function doctor(flags: { json?: boolean }): Promise<void> {
  const backends = BACKENDS.filter((backend) => prebuiltPackage(backend) !== undefined);
  const found = await Promise.all(
    backends.map(async (backend) => ({ backend, result: await probeBackend(backend) }) as const),
  );
  const cpu = found.find(({ backend }) => backend === "cpu")?.result ?? NO_PREBUILT;
  const checks = [
    ...systemChecks(),
    addonCheck(cpu),
    releaseCheck(),
    backendCheck("cpu", cpu),
    ...found.filter(({ backend }) => backend !== "cpu").map(({ backend, result }) => backendCheck(backend, result)),
    autoCheck(found),
    ...(await modelChecks()),
    ...toolChecks(),
  ];
  const ok = checks.every((check) => check.state === "ok" || !check.required);
  process.stdout.write(flags.json ? jsonLine({ ok, checks }) : report(ok, checks));
  process.exitCode = ok ? 0 : ERROR_EXIT_CODES.NO_LIBRARY;
}

function report(ok: boolean, checks: readonly Check[]): string {
  const colors = createColors(usesColour(process.stdout));
  const paint = { ok: colors.green, missing: colors.yellow, problem: colors.red };
  const width = Math.max(...checks.map(({ name }) => name.length));
  const indent = STATE_WIDTH + width + 2 * GAP.length;
  const lines = checks.map(({ name, state, detail, remedy }) => {
    const text = escapeForTerminal(remedy === undefined ? detail : `${detail}: ${remedy}`);
    // In a file or a pipe a check stays on one line.
    const shown = process.stdout.isTTY ? hangingParagraph(text, columnsOf(process.stdout), indent) : text;
    return [paint[state](state.padEnd(STATE_WIDTH)), name.padEnd(width), shown].join(GAP);
  });
  const verdict = ok ? "Auditing on the CPU works." : "Auditing on the CPU does not work yet: see the lines above.";
  return `${lines.join("\n")}\n\n${verdict}\n`;
}
