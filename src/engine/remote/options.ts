import { z } from "zod";
import type { FileTokenizer } from "../engine.js";

/** How a model behind endpoints is used. */
export const RemoteOptions = z.strictObject({
  /**
   * The vocabulary its prompts are made with, from a GGUF file; it stays the caller's to close. Null: asked of the servers where
   * they are Telltale's; else the servers get texts, and only `scoreBytes` can be used.
   */
  tokenizer: z.custom<FileTokenizer>((value) => typeof value === "object" && value !== null).nullable(),
  /** Whether it will be asked for completions, and for log-probabilities of given texts: what the probe insists on. */
  generates: z.boolean(),
  scores: z.boolean(),
  /** Requests to one endpoint at a time. Default 8. */
  concurrency: z.int().min(1).max(1024).default(8),
  /** Texts in one request; drawn completions are asked for one by one, each with its own seed. Default 16. */
  itemsRequest: z.int().min(1).max(4096).default(16),
  /** Seconds until a request is given up. Default 300. */
  timeoutSeconds: z.number().min(0.01).max(86_400).default(300),
  /** Times a request is tried over all endpoints before the job fails. Default 6. */
  attempts: z.int().min(1).max(1000).default(6),
  /** Seconds before a request is tried again, doubled each time up to 30. Default 0.5. */
  retryDelaySeconds: z.number().min(0).max(30).default(0.5),
  /** Sent to the endpoints' own addresses only; see `readApiKey`. */
  apiKey: z.string().min(1).optional(),
});

export type RemoteOptions = z.input<typeof RemoteOptions>;
export type ResolvedRemoteOptions = z.output<typeof RemoteOptions>;
