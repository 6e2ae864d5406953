import { request } from "node:http";
import { openNativeEngines } from "#telltale/engine/native/engine.js";
import { type LocalEngine, openServer, type Server, type ServerEvent, type ServerOptions } from "#telltale/index.js";
import { MODELS, SMALL, tokensOf } from "../engine/models.js";

export interface Reply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

export interface Choice {
  index: number;
  text: string;
  finish_reason: string;
  logprobs: null | {
    tokens: string[];
    token_logprobs: (number | null)[];
    top_logprobs: (Record<string, number> | null)[] | null;
    text_offset: number[];
  };
  prompt_logprobs?: (Record<string, { logprob: number; rank: number | null; decoded_token: string }> | null)[];
  prompt_token_ids?: number[];
  token_ids?: number[];
}

export interface Completions {
  id: string;
  object: string;
  model: string;
  choices: Choice[];
  usage: { prompt_tokens: number; completion_tokens: number; total_tokens: number };
}

/** The demo base behind HTTP and in this process, and its first tokens of a text. */
export async function openBeside(tokens: number): Promise<{ server: Server; engine: LocalEngine; text: Int32Array }> {
  const { server } = await openSmall();
  const [engine] = (await openNativeEngines({ path: MODELS.base }, [SMALL])) as [LocalEngine];
  return { server, engine, text: await tokensOf(engine, tokens) };
}

/** The demo base behind HTTP, and what happened in the server. */
export async function openSmall(
  options: Partial<ServerOptions> = {},
): Promise<{ server: Server; events: ServerEvent[] }> {
  const events: ServerEvent[] = [];
  const server = await openServer(
    { models: [{ id: "base", path: MODELS.base }], context: SMALL, ...options },
    { onEvent: (event) => events.push(event) },
  );
  return { server, events };
}

/** Any request, with headers of one's own; resolves with whatever comes back. */
export function ask(
  { url }: Pick<Server, "url">,
  path: string,
  {
    method = "GET",
    headers = {},
    body,
  }: { method?: string; headers?: Record<string, string>; body?: string | Buffer } = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request(`${url}${path}`, { method, headers, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(parts).toString("utf8"),
        }),
      );
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

export function post(server: Pick<Server, "url">, path: string, body: unknown): Promise<Reply> {
  return ask(server, path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

/** What a request for completions is answered with. Fails where that is not 200. */
export async function completions(server: Pick<Server, "url">, body: object): Promise<Completions> {
  const { status, text } = await post(server, "/v1/completions", body);
  if (status !== 200) throw new Error(`${status}: ${text}`);
  return JSON.parse(text) as Completions;
}

/** Status and error of a request that is refused. */
export async function refusal(
  server: Pick<Server, "url">,
  body: unknown,
  path = "/v1/completions",
): Promise<{ status: number; message: string; code: string | null; param: string | null }> {
  const { status, text } = await post(server, path, body);
  const { error } = JSON.parse(text) as { error: { message: string; code: string | null; param: string | null } };
  return { status, ...error };
}

/** Float32Array of the figures after the first `given`: the bits the engine gave. */
export function figures(choice: Choice | undefined, given = 1): Float32Array {
  const all = choice?.logprobs?.token_logprobs ?? [];
  return Float32Array.from(all.slice(given), (figure) => figure ?? Number.NaN);
}
