import { localByteScorer } from "../engine/bytes/local-scorer.js";
import type { ByteScorer } from "../engine/bytes/types.js";
import type { LocalEngine } from "../engine/engine.js";
import { openHostEngines } from "../engine/host/engine.js";
import { openNativeEngines } from "../engine/native/engine.js";
import type { ContextOptions } from "../engine/options.js";
import { TelltaleError } from "../errors.js";
import type { Role } from "../journal/records.js";
import type { OnAuditEvent } from "./events.js";
import type { AuditModels } from "./models.js";
import type { ResolvedAuditOptions } from "./options.js";
import type { ModelTokens } from "./tokens.js";

const APART =
  "One model's log-probabilities are made on the device, the other's on the host: differences below 0.0001 nats a token mean nothing.";

/** The engines that are open. One weights file opened for both roles gives two engines of one process. */
export type OpenEngines = { [role in Role]?: LocalEngine };

/** Opens, and remembers for closing, the engines of an audit. */
export interface EngineRoom {
  readonly open: OpenEngines;
  /** The engine of a role. Throws ENGINE_UNAVAILABLE if it is not loaded. */
  engine(role: Role): LocalEngine;
  /** Loads the given roles' models, each with room for `contextSequence` tokens a sequence. */
  load(roles: readonly Role[], contextSequence: number, signal?: AbortSignal): Promise<void>;
  /** Scores bytes by the role's own tokens. Throws ENGINE_UNAVAILABLE if it is not loaded. */
  byteScorer(role: Role): ByteScorer;
  close(role: Role): Promise<void>;
  closeAll(): Promise<void>;
}

export function engineRoom(
  options: ResolvedAuditOptions,
  models: AuditModels,
  tokens: ModelTokens,
  onEvent: OnAuditEvent,
): EngineRoom {
  const openEngines = options.inProcess ? openNativeEngines : openHostEngines;
  const open: OpenEngines = {};
  const contextFor = (role: Role, contextSequence: number): ContextOptions => ({
    ...options.context,
    contextSequence,
    adapters: role === "finetuned" && options.lora !== undefined ? [options.lora] : [],
  });
  const keep = (role: Role, engine: LocalEngine): void => {
    open[role] = engine;
    onEvent({ type: "engine", role, facts: engine.facts });
  };
  const room: EngineRoom = {
    open,
    engine(role) {
      const engine = open[role];
      if (engine === undefined) throw new TelltaleError("ENGINE_UNAVAILABLE", `The ${role} model is not loaded.`);
      return engine;
    },
    byteScorer(role) {
      const engine = room.engine(role);
      if (tokens.same) throw new TelltaleError("BAD_ARGUMENT", `The ${role} model has the tokens of the other one.`);
      return localByteScorer(engine, tokens.of[role].encoder);
    },
    async load(roles, contextSequence, signal) {
      const groups = models.shared ? [roles] : roles.map((role) => [role]);
      for (const group of groups) {
        const [first] = group;
        if (first === undefined) continue;
        onEvent({ type: "phase", phase: `load ${first}`, completions: 0 });
        const path = first === "finetuned" ? options.finetuned : options.reference;
        const contexts = group.map((role) => contextFor(role, contextSequence));
        const devices = first === "reference" ? options.referenceDevices : undefined;
        const model = { ...options.model, ...(devices && { devices }), path };
        const engines = await openEngines(model, contexts, { ...(signal && { signal }) });
        engines.forEach((engine, i) => {
          keep(group[i] as Role, engine);
        });
      }
      const places = Object.values(open).map(({ facts }) => facts.context.reduction);
      if (new Set(places).size > 1) onEvent({ type: "note", message: APART });
    },
    async close(role) {
      const engine = open[role];
      delete open[role];
      await engine?.close();
    },
    async closeAll() {
      await Promise.all([room.close("finetuned"), room.close("reference")]);
    },
  };
  return room;
}
