import { type AuditHooks, type AuditLayout, type AuditResult, audit, resumeAudit } from "../audit/audit.js";
import { latestUnfinished } from "../audit/run-record.js";
import { definedOnly } from "../defined.js";
import { TelltaleError } from "../errors.js";
import type { AuditValues } from "./audit-flags.js";
import { auditOptions, endpointOptions } from "./audit-options.js";
import { engineOptions } from "./engine-options.js";

type Name = keyof AuditValues;

/** What does not belong to the run. */
const OF_THE_COMMAND: ReadonlySet<Name> = new Set<Name>(["resume", "retryErrors", "rows", "json"]);

/** What a run may be gone on with otherwise than it was begun, as far as its figures are the same: that is compared. */
const LAYOUT: ReadonlySet<Name> = new Set<Name>([
  ...(["placement", "inProcess", "referenceDevice", "concurrency", "itemsRequest", "timeout"] as const),
  ...(["gpu", "gpuLayers", "device", "tensorSplit", "threads", "sequences", "batch", "mmap", "checkTensors"] as const),
]);

/**
 * How the audit is to be started: anew, or with a run that was interrupted. `isGiven` tells what was typed beside --resume from what
 * holds anyhow. Throws BAD_ARGUMENT where the options contradict each other.
 */
export async function auditStart(
  finetuned: string | undefined,
  values: AuditValues,
  isGiven: (name: Name) => boolean,
): Promise<(hooks: AuditHooks) => Promise<AuditResult>> {
  const { resume, retryErrors = false, ...rest } = values;
  if (resume === undefined) {
    if (retryErrors) throw new TelltaleError("BAD_ARGUMENT", "--retry-errors goes with --resume: name the run there.");
    const options = await auditOptions(finetuned, rest);
    return (hooks) => audit(options, hooks);
  }
  if (isGiven("output")) {
    throw new TelltaleError(
      "BAD_ARGUMENT",
      "A run that is gone on with has its directory: give it to --resume, not -o.",
    );
  }
  const whole = finetuned !== undefined || isGiven("organism");
  const changes = whole ? { options: await auditOptions(finetuned, rest) } : { layout: layoutOf(values, isGiven) };
  const directory = resume === true ? await latestUnfinished() : resume;
  return (hooks) => resumeAudit(directory, { retryErrors, ...changes }, hooks);
}

/** Of what was given beside --resume alone. */
function layoutOf(values: AuditValues, isGiven: (name: Name) => boolean): AuditLayout {
  const names = (Object.keys(values) as Name[]).filter((name) => !OF_THE_COMMAND.has(name) && isGiven(name));
  const fixed = names.find((name) => !LAYOUT.has(name));
  if (fixed !== undefined) {
    const option = `--${fixed.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    throw new TelltaleError(
      "BAD_ARGUMENT",
      `${option} was given beside --resume, which takes it from the run: leave ${option} out. To have a whole command line compared with what the run was begun with, give it with its models.`,
    );
  }
  const given = Object.fromEntries(names.map((name) => [name, values[name]])) as Partial<AuditValues>;
  const { model, context } = engineOptions(given);
  return definedOnly({
    model,
    context,
    endpoints: endpointOptions(given),
    placement: given.placement,
    inProcess: given.inProcess,
    referenceDevices: given.referenceDevice,
  });
}
