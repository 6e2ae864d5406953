import { z } from "zod";
import { isRemote } from "../engine/remote/spec.js";
import { TelltaleError } from "../errors.js";
import { runPaths } from "../journal/files.js";
import { readJsonIfThere, writeJsonAtomic } from "../journal/json-file.js";
import { completionsToRescore } from "../rank/run.js";
import type { ResolvedAuditOptions } from "./options.js";
import type { ReadyAudit } from "./prepare.js";
import { scoreJournal } from "./steps.js";
import { beginPhase, type Workshop } from "./workshop.js";

const ROUNDS_SCHEMA = "telltale.rescore/1";
const Rounds = z.object({ schema: z.literal(ROUNDS_SCHEMA), rounds: z.array(z.array(z.string())) });

/** For people who use captured log-probabilities where layout changes numbers: none elsewhere. */
export function capturedNotes({
  finetuned,
  finetunedScores,
  model,
}: Pick<ResolvedAuditOptions, "finetuned" | "finetunedScores" | "model">): string[] {
  if (finetunedScores !== "captured") return [];
  if (isRemote(finetuned)) {
    return [
      "The finetuned model's endpoints are not asked to score: its figures are those seen while generating, which come another way than the reference's and may differ a little from those of a scoring.",
    ];
  }
  if (model.gpu === "off") return [];
  return [
    "On a GPU a completion's figures depend a little on those computed beside it. With captured scores the leaders are scored beside others than if all were, so their figures, and the order of close neighbours, may differ a little from those of --finetuned-scores exact.",
  ];
}

/**
 * Scores under the finetuned model what captured log-probabilities leave in doubt: what leads the lists and a sample, and then,
 * round by round, whatever could reach the lists. By how much captured figures may be off is twice the most that was measured so
 * far, which no proof bounds: within that the top lists are those of a run in which it scored everything, and on the CPU, where
 * layout does not change numbers, their figures are the same.
 */
export async function rescore(shop: Workshop, ready: ReadyAudit): Promise<void> {
  const path = runPaths(shop.directory).rounds;
  // Every round is written down before it begins: which one comes next depends on all of the ones before having been whole.
  const content = await readJsonIfThere(path);
  const written = content === undefined ? [] : parseRounds(path, content);
  // A round of nothing ended the run before; what was tried again since may ask for more.
  const rounds = written.filter((round) => round.length > 0);
  for (let round = 0; ; round += 1) {
    if (round === rounds.length) {
      const known = new Set(rounds.flat());
      const asked = await completionsToRescore(shop.directory, shop.options.rank, shop.signal);
      rounds.push([...asked].filter((id) => !known.has(id)));
      await writeJsonAtomic(path, { schema: ROUNDS_SCHEMA, rounds });
    }
    const wanted = new Set(rounds[round]);
    if (wanted.size === 0) return;
    beginPhase(shop, "rescore", wanted.size, 1);
    await scoreJournal(shop, ready, "finetuned", (id) => wanted.has(id) && !shop.ledger.scored.finetuned.has(id));
  }
}

function parseRounds(path: string, value: unknown): string[][] {
  const parsed = Rounds.safeParse(value);
  if (parsed.success) return parsed.data.rounds;
  throw new TelltaleError(
    "BAD_RUN",
    `"${path}" is not what Telltale writes there, so the run cannot be gone on with. Restore it or start a new run.`,
    { cause: parsed.error },
  );
}
