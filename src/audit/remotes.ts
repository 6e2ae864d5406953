import type { FileTokenizer } from "../engine/engine.js";
import { readApiKey } from "../engine/remote/credentials.js";
import { openRemoteEngine, type RemoteEngine } from "../engine/remote/engine.js";
import { openTokenizer } from "../engine/tokenizer.js";
import { ROLES, type Role } from "../journal/records.js";
import type { OnAuditEvent } from "./events.js";
import type { AuditModels, RemoteSource } from "./models.js";
import type { AskedAuditOptions } from "./options.js";

/** The engines of the models behind endpoints. */
export type RemoteEngines = { [role in Role]?: RemoteEngine };

/** Asks the endpoints what they can do, and refuses what would be wrong without a word. */
export async function openRemotes(
  models: AuditModels,
  options: AskedAuditOptions,
  onEvent: OnAuditEvent,
  signal?: AbortSignal,
): Promise<RemoteEngines> {
  const engines: RemoteEngines = {};
  try {
    for (const role of ROLES) {
      const source = models[role];
      if (source.kind === "remote") engines[role] = await openRemote(role, source, options, onEvent, signal);
    }
    return engines;
  } catch (error) {
    await closeRemotes(engines);
    throw error;
  }
}

export async function closeRemotes(engines: RemoteEngines): Promise<void> {
  await Promise.all(Object.values(engines).map((engine) => engine.close()));
}

async function openRemote(
  role: Role,
  { spec, tokenizer: header }: RemoteSource,
  { endpoints, inProcess, calibrate, finetunedScores }: AskedAuditOptions,
  onEvent: OnAuditEvent,
  signal: AbortSignal | undefined,
): Promise<RemoteEngine> {
  onEvent({ type: "phase", phase: `probe ${role}`, completions: 0 });
  const abort = signal && { signal };
  const apiKey = await readApiKey(role);
  const tokenizer = header && (await openTokenizer(header.path, { inProcess, ...abort }));
  try {
    const asked = {
      ...endpoints,
      tokenizer,
      generates: role === "finetuned" || calibrate,
      // What was captured while generating stands where a finetuned model behind endpoints is not asked to score.
      scores: role === "reference" || finetunedScores === "exact" || calibrate,
      ...(apiKey !== undefined && { apiKey }),
    };
    const hooks = { ...abort, onNote: (message: string) => onEvent({ type: "note", message }) };
    return closingBoth(await openRemoteEngine(spec, asked, hooks), tokenizer);
  } catch (error) {
    await tokenizer?.close();
    throw error;
  }
}

/** The tokenizer was opened for the engine, so it goes with it. */
function closingBoth(engine: RemoteEngine, tokenizer: FileTokenizer | null): RemoteEngine {
  return {
    ...engine,
    async close() {
      await engine.close();
      await tokenizer?.close();
    },
  };
}
