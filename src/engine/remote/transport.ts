import http from "node:http";
import https from "node:https";
import { cancelled } from "../job.js";
import { EndpointFailure, malformed, statusFailure } from "./failure.js";
import { hideKey } from "./hide-key.js";

export interface WireRequest {
  url: string;
  /** Sent as JSON with POST; absent: GET. */
  body?: unknown;
  /** Bytes of answer at most: more are cut off, and the request has failed. */
  limit: number;
  signal: AbortSignal;
}

export interface WireAnswer {
  /** Parsed from its JSON. */
  json: unknown;
  /** The `server` header; empty where there is none. */
  server: string;
}

/** Requests to endpoints: keys added, times limited, sizes bounded, redirects never followed. */
export interface Transport {
  /** Resolves for status 200 with JSON; throws EndpointFailure, or CANCELLED once `signal` is aborted. */
  ask(request: WireRequest): Promise<WireAnswer>;
  close(): void;
}

export interface TransportOptions {
  timeoutSeconds: number;
  apiKey?: string | undefined;
  /** The key goes to these origins and to no other. */
  origins: readonly string[];
}

/** An error's body is read so far. */
const ERROR_BYTES = 65_536;

interface RawAnswer {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: Buffer;
}

export function openTransport({ timeoutSeconds, apiKey, origins }: TransportOptions): Transport {
  const agents = { "http:": new http.Agent({ keepAlive: true }), "https:": new https.Agent({ keepAlive: true }) };
  const hidden = hideKey(apiKey);

  const send = async ({ url, body, limit, signal }: WireRequest, again: boolean): Promise<RawAnswer> => {
    const target = new URL(url);
    const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const isSecure = target.protocol === "https:";
    const request = (isSecure ? https : http).request(target, {
      agent: agents[isSecure ? "https:" : "http:"],
      method: payload === undefined ? "GET" : "POST",
      headers: {
        accept: "application/json",
        "accept-encoding": "identity",
        "user-agent": "telltale",
        ...(payload === undefined ? {} : { "content-type": "application/json", "content-length": payload.length }),
        ...(apiKey !== undefined && origins.includes(target.origin) ? { authorization: `Bearer ${apiKey}` } : {}),
      },
    });
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      request.destroy();
    }, timeoutSeconds * 1000);
    const onAbort = (): void => void request.destroy();
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
        // Not once: a socket may fail a second time, which nobody waits for any more.
        request.once("response", resolve).on("error", reject).end(payload);
      });
      return await receive(response, limit);
    } catch (error) {
      if (signal.aborted) throw cancelled();
      if (late) throw new EndpointFailure("again", `took longer than ${timeoutSeconds} s`);
      // The server may have closed a kept connection just as it was taken up again: that says nothing about the server.
      if (again && request.reusedSocket && codeOf(error) === "ECONNRESET") {
        return send({ url, body, limit, signal }, false);
      }
      if (error instanceof EndpointFailure) throw error;
      throw new EndpointFailure("again", `could not be reached, or broke off (${codeOf(error)})`);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    }
  };

  return {
    async ask(request) {
      if (request.signal.aborted) throw cancelled();
      const { status, headers, body } = await send(request, true);
      if (status !== 200) throw statusFailure(status, hidden.always(body.toString("utf8")), retryAfterOf(headers));
      try {
        return {
          json: JSON.parse(hidden.inAnswer(body.toString("utf8"))),
          server: hidden.always(String(headers.server ?? "")),
        };
      } catch {
        throw malformed("it is no JSON");
      }
    },
    close() {
      agents["http:"].destroy();
      agents["https:"].destroy();
    },
  };
}

/** The whole body; of an error's its beginning. Throws where it is longer than `limit` or breaks off. */
async function receive(response: http.IncomingMessage, limit: number): Promise<RawAnswer> {
  const status = response.statusCode ?? 0;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    chunks.push(chunk);
    if (status !== 200 && size > ERROR_BYTES) break;
    if (size > limit) throw malformed(`it is longer than ${limit} bytes`);
  }
  return { status, headers: response.headers, body: Buffer.concat(chunks) };
}

function retryAfterOf(headers: http.IncomingHttpHeaders): number | null {
  const given = headers["retry-after"];
  if (given === undefined) return null;
  const seconds = /^\d+$/.test(given) ? Number(given) : (Date.parse(given) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : null;
}

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? code : "no reason given";
}
