import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Sampling } from "#telltale/engine/engine.js";
import type { ForeignModel } from "./foreign-model.js";

/** How a server of the tests behaves: vLLM's way, but for what is said here. */
export interface Behaviour {
  model: ForeignModel;
  id?: string;
  owner?: string;
  longest?: number;
  /** The prompts that are looked at instead of those sent; `areIds`: token ids were sent. */
  alterPrompt?: (ids: number[], areIds: boolean) => number[];
  /** Whether a given text's log-probabilities are told by `echo`, by `prompt_logprobs`. Default both. */
  tells?: { echo?: boolean; promptLogprobs?: boolean };
  /** SGLang's: `echo` needs `logprobs` of 1 or more, and every token is decoded on its own. */
  likeSglang?: boolean;
  /** How tokens are written in `logprobs.tokens`; default as UTF-8 that may be broken. */
  write?: (bytes: Buffer) => string;
  alterScores?: (values: (number | null)[], ids: number[]) => (number | null)[];
  alterGenerated?: (values: number[], temperature: number) => number[];
  /** Ways in which ids are told when asked for. Default vLLM's both. */
  ids?: { tokenIds?: boolean; strings?: boolean };
  /** Leave the end-of-generation token out of what is told. */
  withoutEnd?: boolean;
  /** Tell which token ended a completion: vLLM's field for it, or SGLang's. */
  tellsEnd?: "stop_reason" | "matched_stop";
  takesIds?: boolean;
  /** Whether `add_special_tokens: false` is followed. Default true. */
  followsAddSpecial?: boolean;
  /** Refuse more than one prompt a request. */
  oneByOne?: boolean;
  /** Refuse fields that OpenAI does not have. */
  strict?: boolean;
  /** Answers a request otherwise; true: it has been answered. `count`: completions asked for so far. */
  intercept?: (request: Received, response: ServerResponse, count: number) => boolean | Promise<boolean>;
}

export interface Received {
  path: string;
  authorization: string | undefined;
  body: Record<string, unknown>;
}

export interface ForeignServer {
  url: string;
  received: Received[];
  close(): Promise<void>;
}

const OPENAI = ["model", "prompt", "max_tokens", "temperature", "top_p", "seed", "echo", "logprobs", "n", "stop"];

export async function startForeignServer(behaviour: Behaviour): Promise<ForeignServer> {
  const received: Received[] = [];
  let count = 0;
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString("utf8");
    const body = (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>;
    const asked = { path: request.url ?? "", authorization: request.headers.authorization, body };
    received.push(asked);
    if (asked.path.endsWith("/completions")) count += 1;
    if (await behaviour.intercept?.(asked, response, count)) return;
    if (asked.path === "/v1/models") return send(response, 200, models(behaviour));
    if (asked.path !== "/v1/completions") return send(response, 404, { detail: "Not Found" });
    const problem = refusal(behaviour, body);
    if (problem !== null) return send(response, 400, { error: { message: problem, type: "BadRequestError" } });
    send(response, 200, await complete(behaviour, body));
  };
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => send(response, 500, { error: { message: String(error) } }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    received,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

export function send(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

function models({ id = "small", owner = "vllm", longest = 512 }: Behaviour): unknown {
  return { object: "list", data: [{ id, object: "model", created: 1, owned_by: owner, max_model_len: longest }] };
}

function refusal(
  { oneByOne, strict, takesIds, longest = 512 }: Behaviour,
  body: Record<string, unknown>,
): string | null {
  const prompts = body.prompt as (string | number[])[];
  const unknown = Object.keys(body).find((name) => !OPENAI.includes(name));
  if (strict && unknown !== undefined) return `Unrecognized request argument supplied: ${unknown}`;
  if (oneByOne && prompts.length > 1) return "Only one prompt is supported.";
  if (takesIds === false && typeof prompts[0] !== "string") return "prompt must be a string.";
  const long = prompts.some((prompt) => prompt.length > (typeof prompt === "string" ? 8 * longest : longest));
  return long ? `This model's maximum context length is ${longest} tokens.` : null;
}

/** vLLM's answer to a completion request. */
async function complete(behaviour: Behaviour, body: Record<string, unknown>): Promise<unknown> {
  const { model, alterPrompt = (ids) => ids, followsAddSpecial = true, likeSglang = false } = behaviour;
  const prompts = body.prompt as (string | number[])[];
  const addSpecial = !(followsAddSpecial && body.add_special_tokens === false);
  const ids = await Promise.all(
    prompts.map(async (prompt) =>
      typeof prompt === "string"
        ? alterPrompt(await model.tokens(prompt, addSpecial), false)
        : alterPrompt(prompt, true),
    ),
  );
  const echo = body.echo === true;
  const wanted = typeof body.logprobs === "number";
  const tellsEcho = echo && wanted && behaviour.tells?.echo !== false && !(likeSglang && body.logprobs === 0);
  const tellsPrompt =
    typeof body.prompt_logprobs === "number" && behaviour.tells?.promptLogprobs !== false && !likeSglang;
  const scores = tellsEcho || tellsPrompt ? await model.scores(ids) : [];
  const maxTokens = (body.max_tokens as number | undefined) ?? 16;
  const temperature = (body.temperature as number | undefined) ?? 1;
  const generated =
    maxTokens === 0
      ? []
      : await model.completions(ids, maxTokens, temperature === 0 ? undefined : samplingOf(body, temperature));
  let produced = 0;
  const choices = await Promise.all(
    ids.map(async (prompt, index) => {
      const completion = generated[index];
      const ended = completion?.stop === "eog";
      const told = [...(completion?.tokens ?? [])].slice(0, ended && behaviour.withoutEnd ? -1 : undefined);
      const values = behaviour.alterGenerated?.([...(completion?.logprobs ?? [])], temperature) ?? [
        ...(completion?.logprobs ?? []),
      ];
      produced += told.length;
      const own = (scores[index] ?? []).slice();
      const given = behaviour.alterScores?.(own, prompt) ?? own;
      const shown = told.slice(0, ended && !behaviour.withoutEnd ? -1 : undefined);
      const text = Buffer.concat(await model.bytes(shown)).toString("utf8");
      const sent = prompts[index];
      const promptText = typeof sent === "string" ? sent : Buffer.concat(await model.bytes(prompt)).toString("utf8");
      const echoed = echo && !(body.return_token_ids === true && !likeSglang) ? promptText : "";
      const written = await writtenTokens(behaviour, body, [...(tellsEcho ? prompt : []), ...told]);
      return {
        index,
        text: echoed + text,
        finish_reason: ended ? "stop" : "length",
        ...(ended && behaviour.tellsEnd !== undefined ? { [behaviour.tellsEnd]: completion?.tokens.at(-1) } : {}),
        logprobs: wanted
          ? {
              tokens: written,
              token_logprobs: [...(tellsEcho ? given : []), ...values.slice(0, told.length)],
              text_offset: written.map(() => -1),
            }
          : null,
        ...(tellsPrompt ? { prompt_logprobs: await promptEntries(behaviour, prompt, given) } : {}),
        ...(body.return_token_ids === true && behaviour.ids?.tokenIds !== false
          ? { token_ids: told, prompt_token_ids: prompt }
          : {}),
      };
    }),
  );
  const sum = ids.reduce((total, prompt) => total + prompt.length, 0);
  return { object: "text_completion", choices, usage: { prompt_tokens: sum, completion_tokens: produced } };
}

function samplingOf(body: Record<string, unknown>, temperature: number): Sampling {
  return { temperature, seed: (body.seed as number | undefined) ?? 0 };
}

async function writtenTokens(behaviour: Behaviour, body: Record<string, unknown>, ids: number[]): Promise<string[]> {
  if (body.return_tokens_as_token_ids === true && behaviour.ids?.strings !== false)
    return ids.map((id) => `token_id:${id}`);
  const bytes = await behaviour.model.bytes(ids);
  const write = behaviour.write ?? ((each: Buffer) => each.toString("utf8"));
  return bytes.map(write);
}

async function promptEntries(behaviour: Behaviour, ids: number[], values: (number | null)[]): Promise<unknown[]> {
  const texts = await writtenTokens(behaviour, {}, ids);
  return ids.map((id, i) =>
    values[i] === null || values[i] === undefined
      ? null
      : { [id]: { logprob: values[i], rank: 1, decoded_token: texts[i] } },
  );
}
