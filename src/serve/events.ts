import type { LocalFacts } from "../engine/engine.js";

/** What happens in a server, for a log. */
export type ServerEvent =
  | { type: "opened"; model: string; facts: LocalFacts; again: boolean }
  /** The engine of a model failed; what it ran was answered with 500. */
  | { type: "failed"; model: string; error: unknown }
  | { type: "answered"; method: string; path: string; status: number; seconds: number; tokens: number };

export type OnServerEvent = (event: ServerEvent) => void;
