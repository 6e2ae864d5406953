import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { LocalFacts } from "../engine/engine.js";
import { resolveOptions } from "../engine/options.js";
import { TelltaleError } from "../errors.js";
import { systemCode } from "../io-errors.js";
import { createBodyReader } from "./body.js";
import { createGuard, isLoopback } from "./guard.js";
import { createRequestMetrics } from "./metrics.js";
import { type OpenServerOptions, type ResolvedServerOptions, ServerOptions } from "./options.js";
import { Refusal, refusalOf } from "./refusal.js";
import { type Answer, answerRequest, countedPath, type Site } from "./routes.js";
import { openServedModel, type ServedModel } from "./served-model.js";
import type { Ticket } from "./work.js";

/** Models behind HTTP. */
export interface Server {
  /** e.g. "http://127.0.0.1:8080", with the real port. */
  readonly url: string;
  /** What it listens on. */
  readonly host: string;
  /** The real one. */
  readonly port: number;
  /** What it serves. */
  readonly models: readonly {
    /** The name by which clients ask for it. */
    id: string;
    /** What it really uses. */
    facts: LocalFacts;
  }[];
  /** Refuses what comes, answers what is under way, and closes the engines. Safe to call twice. */
  close(): Promise<void>;
}

const CONNECTION_CHECK_MS = 1000;
const KEEP_ALIVE_MS = 75_000;
/** So many parts of an answer go out in one piece. */
const MOST_JOINED = 8;

/**
 * Opens models and serves them over HTTP: log-probabilities of given texts and completions, in the form of OpenAI's completions.
 * Rejects with BAD_ARGUMENT for wrong options or an address that cannot be listened on, else as opening an engine does.
 */
export async function openServer(
  given: ServerOptions,
  { signal, onEvent = () => {} }: OpenServerOptions = {},
): Promise<Server> {
  const options = resolveOptions(ServerOptions, given, "server options");
  const { host, token, limits } = options;
  if (!isLoopback(host) && token === undefined) {
    throw new TelltaleError(
      "BAD_ARGUMENT",
      `Other machines reach ${JSON.stringify(host)}, so the server needs a token: set TELLTALE_SERVE_TOKEN, or listen on 127.0.0.1.`,
    );
  }
  const models = await openModels(options, { onEvent, ...(signal === undefined ? {} : { signal }) });
  const guard = createGuard({ host, token });
  const requests = createRequestMetrics();
  const site: Site = { models, limits, bodies: createBodyReader(limits.bodyBytes), requests };
  const underWay = new Set<Promise<void>>();
  let closing: Promise<void> | undefined;

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const started = performance.now();
    const ticket: Ticket = { gone: false };
    response.once("close", () => {
      if (response.writableFinished) return;
      ticket.gone = true;
      for (const { batcher } of models) batcher.dropGone();
    });
    let status = 200;
    let answer: Answer | undefined;
    try {
      guard.check(request);
      if (closing !== undefined) throw new Refusal(503, "The server is closing.", { code: "closing", retryAfter: 5 });
      answer = await answerRequest(request, site, ticket);
    } catch (error) {
      const refusal = refusalOf(error);
      status = refusal.status;
      send(request, response, refusal);
    }
    if (answer !== undefined) send(request, response, answer);
    const path = countedPath(request);
    requests.answered(path, ticket.gone ? 499 : status);
    const seconds = (performance.now() - started) / 1000;
    onEvent({ type: "answered", method: request.method ?? "", path, status, seconds, tokens: answer?.tokens ?? 0 });
  };

  const send = (request: IncomingMessage, response: ServerResponse, what: Answer | Refusal): void => {
    if (response.destroyed) return;
    response.setTimeout(1000 * limits.answerSeconds, () => response.destroy());
    // What is left of a body that was not read would be taken for the next request.
    if (closing !== undefined || !request.complete) response.setHeader("connection", "close");
    write(response, what);
  };

  const http = createServer(
    {
      headersTimeout: 1000 * limits.headerSeconds,
      requestTimeout: 1000 * Math.max(limits.bodySeconds, limits.headerSeconds),
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: CONNECTION_CHECK_MS,
    },
    (request, response) => {
      const done = handle(request, response).catch((error: unknown) => {
        onEvent({ type: "failed", model: "", error });
        response.destroy();
      });
      if (closing !== undefined) return;
      underWay.add(done);
      void done.finally(() => underWay.delete(done));
    },
  );
  http.maxConnections = limits.connections;
  const close = async (): Promise<void> => {
    // It goes on listening until all is answered: who comes is told that it closes, and to come back.
    await Promise.all(underWay);
    const ended = new Promise((resolve) => http.close(resolve));
    http.closeIdleConnections();
    const late = setTimeout(() => http.closeAllConnections(), 1000 * limits.answerSeconds);
    await ended;
    clearTimeout(late);
    await closeAll(models);
  };
  const { port } = await listen(http, options).catch(async (error: unknown) => {
    await closeAll(models);
    throw error;
  });
  return {
    url: `http://${host.includes(":") ? `[${host.replace(/^\[|\]$/g, "")}]` : host}:${port}`,
    host,
    port,
    models: models.map(({ id, facts }) => ({ id, facts })),
    close() {
      closing ??= close();
      return closing;
    },
  };
}

async function openModels(
  options: ResolvedServerOptions,
  { signal, onEvent }: OpenServerOptions,
): Promise<ServedModel[]> {
  const models: ServedModel[] = [];
  try {
    for (const served of options.models) {
      models.push(
        await openServedModel(served, options, onEvent ?? (() => {}), signal === undefined ? {} : { signal }),
      );
    }
  } catch (error) {
    await closeAll(models);
    throw error;
  }
  return models;
}

async function closeAll(models: readonly ServedModel[]): Promise<void> {
  await Promise.all(models.map((model) => model.close()));
}

function listen(http: ReturnType<typeof createServer>, { host, port }: ResolvedServerOptions): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    // A later one is about a single connection, which it ends.
    http.on("error", (cause) => {
      const why = systemCode(cause) || cause.message;
      const sentence = `The server cannot listen on ${JSON.stringify(host)}, port ${port} (${why}): choose another one.`;
      reject(new TelltaleError("BAD_ARGUMENT", sentence, { cause }));
    });
    http.listen({ host: host.replace(/^\[(.*)\]$/, "$1"), port }, () => resolve(http.address() as AddressInfo));
  });
}

function write(response: ServerResponse, what: Answer | Refusal): void {
  const body = what instanceof Refusal ? [Buffer.from(what.body)] : what.body;
  const headers: Record<string, string | number> = {
    "content-type": what instanceof Refusal ? "application/json" : what.type,
    "content-length": body.reduce((sum, part) => sum + part.length, 0),
    server: "telltale",
  };
  if (what instanceof Refusal && what.retryAfter !== undefined) headers["retry-after"] = what.retryAfter;
  if (what instanceof Refusal && what.status === 401) headers["www-authenticate"] = "Bearer";
  response.writeHead(what instanceof Refusal ? what.status : 200, headers);
  if (body.length <= MOST_JOINED) {
    response.end(Buffer.concat(body));
    return;
  }
  for (const part of body) response.write(part);
  response.end();
}
