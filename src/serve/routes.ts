import type { IncomingMessage } from "node:http";
import type { BodyReader } from "./body.js";
import { complete } from "./complete.js";
import { type Fields, parseFields, textField } from "./fields.js";
import { pathOf } from "./guard.js";
import { refuseHeavyJson } from "./json-weight.js";
import { metricsText, type RequestMetrics } from "./metrics.js";
import type { ResolvedLimits } from "./options.js";
import { Refusal } from "./refusal.js";
import type { ServedModel } from "./served-model.js";
import { detokenizeAnswer, tokenizeAnswer, tokenizerInfo, vocabularyAnswer } from "./tokenizer-endpoints.js";
import type { Ticket } from "./work.js";

export interface Answer {
  type: string;
  body: Buffer[];
  /** Tokens of prompts and completions; 0 where it is about none. */
  tokens: number;
}

/** What the endpoints need of the server. */
export interface Site {
  models: readonly ServedModel[];
  limits: ResolvedLimits;
  bodies: BodyReader;
  requests: RequestMetrics;
}

interface Route {
  method: "GET" | "POST";
  answer(request: IncomingMessage, site: Site, ticket: Ticket): Answer | Promise<Answer>;
}

const ROUTES: Readonly<Record<string, Route>> = {
  "/v1/completions": post(async (fields, site, ticket) => {
    const model = modelOf(textField(fields, "model"), site.models);
    const { body, tokens } = await complete(fields, model, site.limits, ticket);
    return { type: "application/json", body, tokens };
  }),
  "/v1/models": get((_query, { models }) => json({ object: "list", data: models.map(modelEntry) })),
  "/tokenize": post(async (fields, { models, limits }) =>
    json(await tokenizeAnswer(fields, modelOf(textField(fields, "model"), models), limits)),
  ),
  "/detokenize": post(async (fields, { models }) =>
    json(detokenizeAnswer(fields, modelOf(textField(fields, "model"), models))),
  ),
  "/tokenizer_info": get((query, { models }) => json(tokenizerInfo(modelOf(query.get("model"), models)))),
  "/vocabulary": get((query, { models }) => json(vocabularyAnswer(modelOf(query.get("model"), models)))),
  "/health": get(() => json({ status: "ok" })),
  "/metrics": get((_query, { models, requests }) => {
    const counts = models.map(({ id, batcher, metrics }) => ({
      id,
      waiting: batcher.waiting(),
      counts: metrics.read(),
    }));
    return {
      type: "text/plain; version=0.0.4; charset=utf-8",
      body: [Buffer.from(metricsText(requests, counts))],
      tokens: 0,
    };
  }),
};

/** The path of a request where there is an endpoint, for counting: what clients make up is not counted by its name. */
export function countedPath(request: IncomingMessage): string {
  const path = pathOf(request);
  return Object.hasOwn(ROUTES, path) ? path : "other";
}

/** Answers a request. Throws a Refusal, or what an engine threw. */
export async function answerRequest(request: IncomingMessage, site: Site, ticket: Ticket): Promise<Answer> {
  const path = pathOf(request);
  const route = Object.hasOwn(ROUTES, path) ? ROUTES[path] : undefined;
  if (route === undefined) {
    throw new Refusal(404, `There is nothing at this path. There is: ${Object.keys(ROUTES).join(", ")}.`);
  }
  if (request.method !== route.method) throw new Refusal(405, `${path} takes ${route.method} only.`);
  return route.answer(request, site, ticket);
}

function get(answer: (query: URLSearchParams, site: Site) => Answer): Route {
  return {
    method: "GET",
    answer: (request, site) => answer(new URLSearchParams((request.url ?? "").split("?")[1] ?? ""), site),
  };
}

function post(answer: (fields: Fields, site: Site, ticket: Ticket) => Promise<Answer>): Route {
  return {
    method: "POST",
    answer: async (request, site, ticket) => {
      const body = await site.bodies.read(request);
      refuseHeavyJson(body, site.limits);
      return answer(parseFields(body), site, ticket);
    },
  };
}

function json(value: unknown): Answer {
  return { type: "application/json", body: [Buffer.from(JSON.stringify(value))], tokens: 0 };
}

/** The model of that name; where there is one only, it need not be named. */
function modelOf(name: string | undefined | null, models: readonly ServedModel[]): ServedModel {
  const found = name === undefined || name === null ? soleOf(models) : models.find(({ id }) => id === name);
  if (found !== undefined) return found;
  const there = models.map(({ id }) => JSON.stringify(id)).join(", ");
  throw new Refusal(404, `There is no such model here. There is: ${there}.`, {
    code: "model_not_found",
    param: "model",
  });
}

function soleOf(models: readonly ServedModel[]): ServedModel {
  const [first, second] = models;
  if (first !== undefined && second === undefined) return first;
  throw new Refusal(400, "model must name one of the models, of which there are several.", { param: "model" });
}

function modelEntry({ id, created, facts }: ServedModel): unknown {
  const { description, architecture, fileType, parameters, vocabularySize, trainedContext } = facts.model;
  return {
    id,
    object: "model",
    created,
    owned_by: "telltale",
    max_model_len: facts.context.nCtxSequence,
    telltale: { description, architecture, fileType, parameters, vocabularySize, trainedContext },
  };
}
