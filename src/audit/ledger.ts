import { runPaths } from "../journal/files.js";
import { exists } from "../journal/open-file.js";
import { parseCompletionRecord, parseErrorRecord, parseScoreRecord } from "../journal/parse.js";
import { readRecords } from "../journal/reader.js";
import { ROLES, type Role } from "../journal/records.js";
import { type Repair, repairJournal } from "../journal/repair.js";

/** What the journals of a run, or of its null, held when they were opened, and what has failed since: ids of completions. */
export interface Ledger {
  /** In the journal; and those that could not be made, which are not tried again. */
  completions: Set<string>;
  unmade: Set<string>;
  /** Scored by each model, or found not to be scorable. */
  scored: Record<Role, Set<string>>;
  /** Completions with a log-probability that is not finite. */
  nonFinite: number;
}

/** Whether nothing is left to do to make a completion. */
export function isSettled({ completions, unmade }: Ledger, id: string): boolean {
  return completions.has(id) || unmade.has(id);
}

/** A run that has just begun. */
export function emptyLedger(): Ledger {
  return {
    completions: new Set(),
    unmade: new Set(),
    scored: { finetuned: new Set(), reference: new Set() },
    nonFinite: 0,
  };
}

/**
 * Makes the journals of an interrupted run ones that can be gone on with, and reads what they hold: damaged lines go, and with a
 * completion its scores, which are of the one that is made in its place. `captured`: completions count only with the
 * log-probabilities captured while generating. `retryErrors`: what failed is forgotten.
 */
export async function openLedger(
  directory: string,
  { captured, retryErrors }: { captured: boolean; retryErrors: boolean },
): Promise<{ ledger: Ledger; repair: Repair }> {
  const paths = runPaths(directory);
  const ledger = emptyLedger();
  const repair: Repair = { torn: false, damaged: 0, dropped: 0 };
  const note = ({ torn, damaged, dropped }: Repair): void => {
    repair.torn ||= torn;
    repair.damaged += damaged;
    repair.dropped += dropped;
  };
  const mend = async <T extends { id: string }>(
    path: string,
    parse: (value: unknown) => T,
    into: Set<string>,
    keep: (record: T) => boolean,
  ): Promise<void> => {
    const done = await repairJournal(path, parse, (record) => {
      if (into.has(record.id) || !keep(record)) return false;
      into.add(record.id);
      return true;
    });
    note(done);
  };
  const seen = captured ? await idsOf(paths.captured) : null;
  const isMade = ({ id }: { id: string }): boolean => ledger.completions.has(id);
  await mend(paths.completions, parseCompletionRecord, ledger.completions, ({ id }) => seen?.has(id) !== false);
  if (captured) await mend(paths.captured, parseScoreRecord, new Set(), isMade);
  for (const role of ROLES) await mend(paths[role], parseScoreRecord, ledger.scored[role], isMade);
  const errors = await repairJournal(paths.errors, parseErrorRecord, ({ id, step, problem }) => {
    const failed = step === "generate" ? ledger.unmade : ledger.scored[step];
    if (retryErrors || failed.has(id) || (step !== "generate" && !isMade({ id }))) return false;
    failed.add(id);
    if (problem === "NON_FINITE") ledger.nonFinite += 1;
    return true;
  });
  // What was forgotten on purpose is no damage.
  note({ ...errors, dropped: 0 });
  return { ledger, repair };
}

async function idsOf(path: string): Promise<Set<string>> {
  const ids = new Set<string>();
  if (!(await exists(path))) return ids;
  for await (const { record } of readRecords(path, parseScoreRecord)) ids.add(record.id);
  return ids;
}
