import { runPaths } from "../journal/files.js";
import type { ErrorRecord } from "../journal/records.js";
import { JournalWriter } from "../journal/writer.js";
import type { Workshop } from "./workshop.js";

/** Writes down completions that could not be made or scored, so that a resumed run does not try them again. */
export async function recordFailures(shop: Workshop, failures: readonly ErrorRecord[]): Promise<void> {
  if (failures.length === 0) return;
  shop.journals.errors ??= await JournalWriter.open(runPaths(shop.directory).errors);
  await shop.journals.errors.append(failures);
  for (const { id, step, problem } of failures) {
    (step === "generate" ? shop.ledger.unmade : shop.ledger.scored[step]).add(id);
    const kind = JSON.stringify([step, problem]);
    shop.failures.set(kind, (shop.failures.get(kind) ?? 0) + 1);
  }
}

/** What failed, in sentences. */
export function failureNotes({ failures, author }: Workshop): string[] {
  return [...failures].map(([kind, count]) => {
    const [step, problem] = JSON.parse(kind) as [ErrorRecord["step"], string];
    const who = step === "generate" ? author : step;
    const what = count === 1 ? "1 completion has" : `${count} completions have`;
    const reason =
      problem === "NON_FINITE"
        ? `the ${who} model gives no finite log-probabilities there`
        : `in the ${who} model's own tokens the text is ${problem}`;
    return `${what} no ${step === "generate" ? "text" : `score by the ${step} model`}, and ${count === 1 ? "is" : "are"} left out of the rankings: ${reason}. --retry-errors tries again.`;
  });
}
