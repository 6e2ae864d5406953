import type { LocalFacts } from "../engine/engine.js";

/** What happens in a server, for a log. */
export type ServerEvent =
  /** A model is ready. */
  | {
      type: "opened";
      /** Its name. */
      model: string;
      /** What it really uses. */
      facts: LocalFacts;
      /** Whether its process had died before. */
      again: boolean;
    }
  /** The engine of a model failed; what it ran was answered with 500. */
  | {
      type: "failed";
      /** Its name; "" where it is not about one. */
      model: string;
      /** What was thrown. */
      error: unknown;
    }
  /** A request has been answered. */
  | {
      type: "answered";
      /** HTTP's. */
      method: string;
      /** An endpoint's; "other" for what there is not. */
      path: string;
      /** HTTP's. */
      status: number;
      /** From its arrival on. */
      seconds: number;
      /** Tokens scored and generated for it. */
      tokens: number;
    };

/** Who is told. */
export type OnServerEvent = (event: ServerEvent) => void;
