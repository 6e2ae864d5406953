import { Command } from "commander";
import { createColors } from "picocolors";
import { BACKENDS } from "../engine/native/library.js";
import { ownScript } from "../engine/native/own-scripts.js";
import { prebuiltPackage } from "../engine/native/prebuilt.js";
import { type ProbeResult, probeBackend } from "../engine/native/probe.js";
import { ERROR_EXIT_CODES, TelltaleError } from "../errors.js";
import { DEFAULT_MAX_BITS_PER_BYTE } from "../health/text-checks.js";
import { addonCheck, autoCheck, backendCheck, releaseCheck } from "./doctor-backends.js";
import { type Check, modelChecks, systemChecks, toolChecks } from "./doctor-checks.js";
import { examineModel, type ModelDoctorFlags } from "./doctor-model.js";
import { addEngineOptions, type EngineFlags, engineOptions } from "./engine-options.js";
import { examples } from "./help-format.js";
import { localModel, MODEL_FORMS } from "./model-files.js";
import { decimal } from "./option-values.js";
import { checkLine, STATE_WIDTH } from "./terminal/check-line.js";
import { jsonLine } from "./terminal/escape.js";
import { usesColour } from "./terminal/stream.js";

const EXAMPLES = `Examples:
  telltale doctor
  telltale doctor model.gguf
  telltale doctor hf:OWNER/REPO:Q8_0
  telltale doctor model.gguf --json
`;

const STATUS = `
The weights of a model are always looked through, as with --check-tensors.

Exit status: without a model 0 when auditing on the CPU works, ${ERROR_EXIT_CODES.NO_LIBRARY} otherwise.
With a model 0 when no check failed, the status of the error where one ended in
an error (telltale help exit-codes), 1 otherwise; warnings do not count.`;

/** `telltale doctor`: what is installed, what is missing, and how to get it; with a model, what is wrong with that. */
export function doctorCommand(): Command {
  const command = new Command("doctor")
    .summary("show what is missing here, or what is wrong with a model")
    .description(
      "Checks all that Telltale needs, and says how to get what is missing. With a model: examines the file, its tokenizer, its chat template and the numbers it gives, and says what is wrong and what to do.",
    )
    .addHelpText("before", examples(EXAMPLES))
    .addHelpText("after", STATUS)
    .argument("[model]", `a model to examine: ${MODEL_FORMS}`)
    .optionsGroup("Examining:")
    .option(
      "--max-bits-per-byte <x>",
      `bits per byte of plain English above which to warn (default: ${DEFAULT_MAX_BITS_PER_BYTE})`,
      decimal("--max-bits-per-byte", 0, 100),
    );
  return addEngineOptions(command, "8")
    .optionsGroup("Output:")
    .option("--json", "write the checks to stdout as JSON: { ok, checks: [{ name, state, detail, remedy? }] }")
    .action(doctor);
}

async function doctor(
  model: string | undefined,
  flags: ModelDoctorFlags & EngineFlags,
  command: Command,
): Promise<void> {
  if (model === undefined) {
    // What comes from the environment or a file is for when there is a model.
    const typed = Object.keys(flags).filter((name) => command.getOptionValueSource(name) === "cli");
    if (typed.every((name) => name === "json")) return checkInstallation(flags);
    throw new TelltaleError(
      "BAD_ARGUMENT",
      "Without a model `telltale doctor` takes --json only: name the model to examine.",
    );
  }
  await examineModel(await localModel(model), engineOptions(flags), flags);
}

const NO_PREBUILT: ProbeResult = {
  ok: false,
  part: "library",
  code: "NO_BACKEND",
  message: `There are no prebuilt libraries for ${process.platform} ${process.arch}: \`${ownScript("build-llama")}\` builds them and says how to use them.`,
};

async function checkInstallation(flags: { json?: boolean }): Promise<void> {
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
  const lines = checks.map(({ name, state, detail, remedy }) => {
    const found = remedy === undefined ? detail : `${detail}: ${remedy}`;
    return checkLine(paint[state](state.padEnd(STATE_WIDTH)), name, found, width);
  });
  const verdict = ok ? "Auditing on the CPU works." : "Auditing on the CPU does not work yet: see the lines above.";
  return `${lines.join("\n")}\n\n${verdict}\n`;
}
