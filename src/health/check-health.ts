import type { LocalEngine } from "../engine/engine.js";
import { textOf, uint32Of } from "../engine/gguf/access.js";
import { checkModelFile } from "../engine/gguf/check.js";
import type { GgufHeader } from "../engine/gguf/types.js";
import { openHostEngines } from "../engine/host/engine.js";
import { openNativeEngines } from "../engine/native/engine.js";
import type { ContextOptions, ModelOptions } from "../engine/options.js";
import { type ErrorCode, TelltaleError } from "../errors.js";
import { formatCompact } from "../numbers.js";
import { fileCheck, scoresCheck, templateCheck } from "./file-checks.js";
import { aloneCheck, finiteCheck, notFinite, twiceCheck } from "./number-checks.js";
import {
  failed,
  type HealthCheck,
  type HealthCheckName,
  type HealthReport,
  healthy,
  type OnHealthCheck,
  warned,
} from "./report.js";
import { type Patient, patientOf } from "./scoring.js";
import { DEFAULT_MAX_BITS_PER_BYTE, textChecks } from "./text-checks.js";
import { byteTokensCheck, endCheck, roundTripCheck } from "./vocabulary-checks.js";

export interface HealthOptions {
  /** Where and how it is loaded. Weights are looked through for NaN and infinity unless `checkTensors` is false. */
  model?: Omit<ModelOptions, "path">;
  /** How it computes. Default: 8 sequences of 512 tokens, or of what the model was trained with. */
  context?: ContextOptions;
  /** In this process, which a broken file can end. Default false: in a child process. */
  inProcess?: boolean;
  /** Bits per byte of plain English above which there is a warning. Default 2. */
  maxBitsPerByte?: number;
  signal?: AbortSignal;
  /** Called with every check as it is done. */
  onCheck?: OnHealthCheck;
}

/** Failures that are the model's own, and so belong into its report. */
const OWN: readonly ErrorCode[] = ["BAD_MODEL", "NON_FINITE", "ENGINE_FAILED", "ENGINE_DIED", "NO_CHAT_TEMPLATE"];
const SEQUENCES = 8;
const CONTEXT = 512;
/** What the engine says of weights that it looked through. */
const HOLDS_NAN = /hold NaN or infinity, in/;

/**
 * Examines a model: its file, its vocabulary, its chat template, its numbers. What is wrong with the model is told in the report;
 * what has another reason is thrown (FILE_UNREADABLE, NO_LIBRARY, NO_BACKEND, OUT_OF_MEMORY, BAD_ARGUMENT, CANCELLED).
 */
export async function checkHealth(path: string, options: HealthOptions = {}): Promise<HealthReport> {
  const checks: HealthCheck[] = [];
  const add = (check: HealthCheck): void => {
    checks.push(check);
    options.onCheck?.(check);
  };
  const report = (): HealthReport => ({ model: path, ok: checks.every(({ state }) => state !== "failed"), checks });

  const header = await own(
    () => checkModelFile(path),
    (error) => add(broken("file", error)),
  );
  if (header === null) return report();
  add(fileCheck(header));
  add(scoresCheck(header));
  await own(
    async () => add(await templateCheck(header)),
    (error) => add(unusableTemplate(error)),
  );
  const engine = await own(
    () => open(header, options),
    (error) => add(notLoaded(error)),
  );
  if (engine === null) return report();
  try {
    const { model, context } = engine.facts;
    add(healthy("loading", `${formatCompact(model.parameters)} parameters, ${model.fileType}, on ${context.device}`));
    await examine(engine, options, add);
  } finally {
    await engine.close();
  }
  return report();
}

async function examine(engine: LocalEngine, options: HealthOptions, add: OnHealthCheck): Promise<void> {
  let alive = true;
  let patient: Patient | null = null;
  const step = async (
    name: HealthCheckName,
    run: (patient: Patient) => Promise<HealthCheck | HealthCheck[]>,
  ): Promise<void> => {
    if (!alive) return;
    await own(
      async () => {
        patient ??= await patientOf(engine, options.signal);
        for (const check of [await run(patient)].flat()) add(check);
      },
      (error) => {
        alive = error.code !== "ENGINE_DIED";
        add(error.code === "NON_FINITE" ? { ...notFinite(error.message), name } : broken(name, error));
      },
    );
  };
  await step("byte tokens", async (each) => byteTokensCheck(each));
  await step("end of generation", async (each) => endCheck(each));
  await step("round trip", roundTripCheck);
  await step("finite numbers", finiteCheck);
  await step("bits per byte", (each) => textChecks(each, options.maxBitsPerByte ?? DEFAULT_MAX_BITS_PER_BYTE));
  await step("twice in a batch", twiceCheck);
  await step("alone or in a batch", aloneCheck);
}

async function open(header: GgufHeader, { model, context, inProcess, signal }: HealthOptions): Promise<LocalEngine> {
  const trained = uint32Of(header, `${textOf(header, "general.architecture")}.context_length`) ?? CONTEXT;
  const asked = { sequences: SEQUENCES, contextSequence: Math.min(CONTEXT, trained), ...context };
  const opener = inProcess ? openNativeEngines : openHostEngines;
  const [engine] = await opener({ checkTensors: true, ...model, path: header.path }, [asked], signal && { signal });
  if (engine === undefined) throw new TelltaleError("ENGINE_FAILED", `No engine was opened for ${header.path}.`);
  return engine;
}

/** What `run` gives; null where it fails for a reason of the model's own, which `onFailure` is told. */
async function own<T>(run: () => Promise<T>, onFailure: (error: TelltaleError) => void): Promise<T | null> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof TelltaleError) || !OWN.includes(error.code)) throw error;
    onFailure(error);
    return null;
  }
}

/** The sentence of an error says what to do. */
function broken(name: HealthCheckName, { message, code }: TelltaleError): HealthCheck {
  return { name, state: "failed", detail: message, code };
}

function unusableTemplate({ message }: TelltaleError): HealthCheck {
  return warned("chat template", message, "audits leave the chat format out");
}

/** In llama.cpp's own words, where it has some. */
function notLoaded(error: TelltaleError): HealthCheck {
  const reason = error.log.findLast((line) => /error|fail|invalid/i.test(line));
  if (HOLDS_NAN.test(error.message)) return broken("finite numbers", error);
  const detail = reason === undefined ? error.message : `${error.message} ${reason.trim()}`;
  return failed("loading", detail, "download the file again, or convert the model again", error.code);
}
