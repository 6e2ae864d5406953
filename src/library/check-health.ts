import { definedOnly } from "../defined.js";
import type { ContextOptions, ModelOptions } from "../engine/options.js";
import { checkHealth as checkFile } from "../health/check-health.js";
import type { HealthCheck, HealthReport } from "../health/report.js";
import { type FindEvent, type FindOptions, findModel } from "./find-model.js";
import type { Hooks } from "./hooks.js";

/** What happens while a model is examined. */
export type HealthEvent =
  | FindEvent
  /** A check has been made. */
  | {
      type: "check";
      /** What it found. */
      check: HealthCheck;
    };

/** How a model is examined. */
export interface HealthOptions extends Hooks<HealthEvent>, Pick<FindOptions, "hub"> {
  /** How the weights are loaded, and where. They are looked through for NaN and infinity unless `checkTensors` is false. */
  model?: Omit<ModelOptions, "path"> | undefined;
  /** How it computes. Default: 8 sequences of 512 tokens, or of what the model was trained with. */
  context?: ContextOptions | undefined;
  /** In this process, which a broken file can end. Default false: in a child process. */
  inProcess?: boolean | undefined;
  /** Bits per byte of plain English above which there is a warning. Default 2. */
  maxBitsPerByte?: number | undefined;
}

/**
 * Examines a model, by path or name: its file, its vocabulary, its chat template, its numbers. What is wrong with the model is told
 * in the report; what has another reason is thrown (FILE_UNREADABLE, DOWNLOAD_FAILED, NO_LIBRARY, NO_BACKEND, OUT_OF_MEMORY,
 * BAD_ARGUMENT, CANCELLED).
 */
export async function checkHealth(model: string, options: HealthOptions = {}): Promise<HealthReport> {
  const { hub, onEvent = () => {}, ...rest } = options;
  const { path } = await findModel(model, { hub, signal: options.signal, onEvent });
  return checkFile(path, {
    ...definedOnly(rest),
    onCheck: (check) => onEvent({ type: "check", check }),
  });
}
