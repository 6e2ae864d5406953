import { z } from "zod";
import type { OpenOptions } from "../engine/options.js";
import { ContextOptions, ModelOptions } from "../engine/options.js";
import type { OnServerEvent } from "./events.js";

/** Secrets shorter than this are guessed. */
const LEAST_TOKEN = 16;

const Served = z.strictObject({
  /** The name by which clients ask for it. */
  id: z.string().min(1).max(200),
  /** The GGUF file. */
  path: z.string().min(1),
  /** LoRA adapters applied to it. */
  adapters: ContextOptions.shape.adapters,
});

/** What one client can ask of the server; beyond it a request is refused, with the status given here. */
export const ServerLimits = z.strictObject({
  /** Bytes of a request's body: 413. Default 32 MiB. */
  bodyBytes: z
    .int()
    .min(1024)
    .max(1 << 30)
    .default(32 << 20),
  /** Prompts in one request: 400. Default 2048. */
  prompts: z.int().min(1).max(65_536).default(2048),
  /** Tokens of all prompts and completions of one request: 400. Default 1,048,576, some 100 MB of answer. */
  requestTokens: z
    .int()
    .min(1)
    .max(1 << 26)
    .default(1 << 20),
  /** Prompts that wait, of all requests for one model: 429. Default 4096. */
  queue: z.int().min(1).max(1_000_000).default(4096),
  /** Seconds to send the header in: 408. Default 10. */
  headerSeconds: z.number().min(0.1).max(3600).default(10),
  /** Seconds to send the whole request in: 408. Default 60. */
  bodySeconds: z.number().min(0.1).max(3600).default(60),
  /** Seconds in which a client must read some of its answer; then it is cut off. Default 60. */
  answerSeconds: z.number().min(0.1).max(3600).default(60),
  /** Connections at a time. Default 1024. */
  connections: z.int().min(1).max(65_536).default(1024),
  /** Deaths of one model's engine in ten minutes, after which it is not opened again for the rest of them: 503. Default 5. */
  engineDeaths: z.int().min(0).max(1000).default(5),
});

export const ServerOptions = z.strictObject({
  /** The models, each under a name of its own. */
  models: z
    .array(Served)
    .min(1)
    .refine((models) => new Set(models.map(({ id }) => id)).size === models.length, "two models have the same name"),
  /** How weights are loaded, the same for all. */
  model: ModelOptions.omit({ path: true }).prefault({}),
  /** How contexts compute, the same for all; `contextSequence` is how many tokens a request may hold. */
  context: ContextOptions.omit({ adapters: true }).prefault({}),
  /** Run the models in this process, where a broken file can end it. Default false. */
  inProcess: z.boolean().default(false),
  /** Address to listen on. Anything but this machine's own loopback needs a token. Default "127.0.0.1". */
  host: z.string().min(1).default("127.0.0.1"),
  /** 0: any free one. Default 0. */
  port: z.int().min(0).max(65_535).default(0),
  /** What clients must send as `Authorization: Bearer ...`. Default: nothing. */
  token: z
    .string()
    .regex(/^[!-~]*$/, "printable ASCII without spaces")
    .min(LEAST_TOKEN, `at least ${LEAST_TOKEN} characters`)
    .max(4096)
    .optional(),
  /**
   * Look for what prompts that wait together begin with, and decode it once. It can move log-probabilities of longer prompts in
   * their last digits. Default true.
   */
  sharePrefixes: z.boolean().default(true),
  /** What one client can ask. */
  limits: ServerLimits.prefault({}),
});

/** What is served, to whom, and how much of it. */
export interface ServerOptions extends z.input<typeof ServerOptions> {
  /** How weights are loaded, the same for all. */
  model?: Omit<ModelOptions, "path"> | undefined;
  /** How contexts compute, the same for all; `contextSequence` is how many tokens a request may hold. */
  context?: Omit<ContextOptions, "adapters"> | undefined;
}
export type ResolvedServerOptions = z.output<typeof ServerOptions>;
export type ResolvedLimits = z.output<typeof ServerLimits>;

/** For opening a server. */
export interface OpenServerOptions extends OpenOptions {
  /** Called with what happens in the server, for a log. */
  onEvent?: OnServerEvent;
}
