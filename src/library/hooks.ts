import type { HubOptions } from "../hub/settings.js";

/** What the last argument of everything that takes time may hold. */
export interface Hooks<Event> {
  /** Ends the work: it rejects with a TelltaleError of code CANCELLED, and what it opened is closed. */
  signal?: AbortSignal | undefined;
  /** Called with what happens meanwhile, on the thread of the caller; what it throws ends the work. */
  onEvent?: ((event: Event) => void) | undefined;
}

/** Where models and datasets by name come from; what is absent comes from the environment. */
export type HubPlace = Omit<HubOptions, "signal" | "onProgress" | "onNote">;
