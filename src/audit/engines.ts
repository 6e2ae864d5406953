import { localByteScorer } from "../engine/bytes/local-scorer.js";
import type { ByteScorer } from "../engine/bytes/types.js";
import type { Engine, LocalEngine } from "../engine/engine.js";
import { openHostEngines } from "../engine/host/engine.js";
import { openNativeEngines } from "../engine/native/engine.js";
import type { ContextOptions } from "../engine/options.js";
import { TelltaleError } from "../errors.js";
import { ROLES, type Role } from "../journal/records.js";
import type { OnAuditEvent } from "./events.js";
import type { AuditModels } from "./models.js";
import type { ResolvedAuditOptions } from "./options.js";
import { closeRemotes, type RemoteEngines } from "./remotes.js";
import type { ModelTokens } from "./tokens.js";

const APART =
  "One model's log-probabilities are made on the device, the other's on the host: differences below 0.0001 nats a token mean nothing.";

/** The engines of models that run here. One weights file opened for both roles gives two engines of one process. */
export type OpenEngines = { [role in Role]?: LocalEngine };

/** Opens, and remembers for closing, the engines of an audit; those of models behind endpoints are open from the start. */
export interface EngineRoom {
  readonly local: OpenEngines;
  readonly remote: RemoteEngines;
  /** The engine of a role. Throws ENGINE_UNAVAILABLE if it is not loaded. */
  engine(role: Role): Engine;
  isLoaded(role: Role): boolean;
  /** Scores bytes by the role's own tokens. Throws ENGINE_UNAVAILABLE if it is not loaded. */
  byteScorer(role: Role, tokens: ModelTokens): Promise<ByteScorer>;
  /** Loads those of the given roles' models that run here, each with room for `contextSequence` tokens a sequence. */
  load(roles: readonly Role[], contextSequence: number, signal?: AbortSignal): Promise<void>;
  /** Unloads a model that runs here. */
  unload(role: Role): Promise<void>;
  closeAll(): Promise<void>;
}

export function engineRoom(
  options: ResolvedAuditOptions,
  models: AuditModels,
  remote: RemoteEngines,
  onEvent: OnAuditEvent,
): EngineRoom {
  const openEngines = options.inProcess ? openNativeEngines : openHostEngines;
  const local: OpenEngines = {};
  const contextFor = (role: Role, contextSequence: number): ContextOptions => ({
    ...options.context,
    contextSequence,
    adapters: role === "finetuned" && models.adapter !== null ? [adapterOf(models.adapter.header.path, options)] : [],
  });
  const loadGroup = async (group: readonly Role[], contextSequence: number, signal?: AbortSignal): Promise<void> => {
    const [first] = group;
    const source = first && models[first];
    if (first === undefined || source?.kind !== "file") return;
    onEvent({ type: "phase", phase: `load ${first}`, completions: 0 });
    const contexts = group.map((role) => contextFor(role, contextSequence));
    const devices = first === "reference" ? options.referenceDevices : undefined;
    const model = { ...options.model, ...(devices && { devices }), path: source.header.path };
    const engines = await openEngines(model, contexts, { ...(signal && { signal }) });
    for (const [i, engine] of engines.entries()) {
      local[group[i] as Role] = engine;
      onEvent({ type: "engine", role: group[i] as Role, facts: engine.facts });
    }
  };
  const room: EngineRoom = {
    local,
    remote,
    engine(role) {
      const engine = remote[role] ?? local[role];
      if (engine === undefined) throw new TelltaleError("ENGINE_UNAVAILABLE", `The ${role} model is not loaded.`);
      return engine;
    },
    isLoaded: (role) => (remote[role] ?? local[role]) !== undefined,
    async byteScorer(role, tokens) {
      const encoder = await tokens[role]?.encoder();
      if (encoder !== undefined) return localByteScorer(room.engine(role), encoder);
      const engine = remote[role];
      if (engine === undefined) throw new TelltaleError("ENGINE_UNAVAILABLE", `The ${role} model is not loaded.`);
      return engine;
    },
    async load(roles, contextSequence, signal) {
      const groups = models.shared ? [roles] : roles.map((role) => [role]);
      for (const group of groups) await loadGroup(group, contextSequence, signal);
      const places = Object.values(local).map(({ facts }) => facts.context.reduction);
      if (new Set(places).size > 1) onEvent({ type: "note", message: APART });
    },
    async unload(role) {
      const engine = local[role];
      delete local[role];
      await engine?.close();
    },
    async closeAll() {
      await Promise.all([...ROLES.map((role) => room.unload(role)), closeRemotes(remote)]);
    },
  };
  for (const role of ROLES) {
    const engine = remote[role];
    if (engine !== undefined) onEvent({ type: "engine", role, facts: engine.facts });
  }
  return room;
}

function adapterOf(path: string, { lora }: ResolvedAuditOptions): { path: string; scale: number } {
  return { path, scale: lora?.scale ?? 1 };
}
