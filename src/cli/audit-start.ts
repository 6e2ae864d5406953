import { type AuditHooks, type AuditResult, audit, resumeAudit } from "../audit/audit.js";
import { latestUnfinished } from "../audit/run-record.js";
import { TelltaleError } from "../errors.js";
import type { AuditValues } from "./audit-flags.js";
import { auditOptions } from "./audit-options.js";

/** What does not change the run: everything else beside --resume is compared with what the run was begun with. */
const BESIDE_RESUME = new Set(["resume", "retryErrors", "rows", "json", "mmap"]);

/** How the audit is to be started: anew, or with a run that was interrupted. Throws BAD_ARGUMENT where the options contradict each other. */
export async function auditStart(
  finetuned: string | undefined,
  values: AuditValues,
): Promise<(hooks: AuditHooks) => Promise<AuditResult>> {
  const { resume, retryErrors = false, ...rest } = values;
  if (resume === undefined) {
    if (retryErrors) throw new TelltaleError("BAD_ARGUMENT", "--retry-errors goes with --resume: name the run there.");
    const options = await auditOptions(finetuned, rest);
    return (hooks) => audit(options, hooks);
  }
  if (rest.output !== undefined) {
    throw new TelltaleError(
      "BAD_ARGUMENT",
      "A run that is gone on with has its directory: give it to --resume, not -o.",
    );
  }
  const given = Object.entries(values).some(([name, value]) => value !== undefined && !BESIDE_RESUME.has(name));
  const options = finetuned === undefined && !given ? null : await auditOptions(finetuned, rest);
  const directory = resume === true ? await latestUnfinished() : resume;
  return (hooks) => resumeAudit(directory, { retryErrors, ...(options && { options }) }, hooks);
}
