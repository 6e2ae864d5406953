import { TelltaleError } from "../../../errors.js";
import { quoted } from "../../../safe-text.js";
import { type ListedModel, readModels } from "../answers.js";
import { EndpointFailure, unsuitable } from "../failure.js";
import type { Transport } from "../transport.js";

/** Bytes of a list of models. */
const LONGEST_LIST = 2 ** 22;
const SHOWN = 8;

/** Where an endpoint answers, and what it serves. */
export interface Listing {
  /** As it was given. */
  address: string;
  /** The base of OpenAI's paths, and that of the server's own. */
  url: string;
  root: string;
  models: ListedModel[];
  server: string;
}

/** Lists an endpoint's models. A /v1 that was left away is added where the server answers there. Throws EndpointFailure. */
export async function listModels(address: string, { ask }: Transport, signal: AbortSignal): Promise<Listing> {
  const root = address.replace(/\/v1$/, "");
  const bases = root === address ? [`${address}/v1`, address] : [address];
  let failure: EndpointFailure | undefined;
  for (const url of bases) {
    try {
      const { json, server } = await ask({ url: `${url}/models`, limit: LONGEST_LIST, signal });
      const models = readModels(json);
      return { address, url, root, models, server: serverName(models, server) };
    } catch (error) {
      if (!(error instanceof EndpointFailure) || error.status === null) throw error;
      failure ??= error;
    }
  }
  const what = `${failure?.what ?? "lists no models"} (asked for ${quoted(`${bases[0]}/models`)})`;
  throw new EndpointFailure(failure?.kind ?? "wrong", what, failure?.retryAfter ?? null, failure?.status ?? null);
}

/** What a server says it is: vLLM, SGLang, llama.cpp and Telltale put it into their lists of models. */
function serverName(models: readonly ListedModel[], header: string): string {
  const named = models.map(({ owned_by: owner }) => owner).find((owner) => owner != null && owner !== "");
  const name = named ?? header;
  return /^[\w .-]{1,40}$/.test(name) ? name.toLowerCase() : "unknown";
}

/** The name of the model that all endpoints serve: the one asked for, else the only one that all of them list. */
export function chooseModel(asked: string | null, listings: readonly Listing[]): string {
  if (asked !== null) {
    const without = listings.find(({ models }) => !models.some(({ id }) => id === asked));
    if (without === undefined) return asked;
    throw unsuitable(
      without.address,
      `does not serve ${quoted(asked)}, but ${shown(without.models.map(({ id }) => id))}.`,
    );
  }
  const [first, ...others] = listings.map(({ models }) => [...new Set(models.map(({ id }) => id))]);
  const common = (first ?? []).filter((id) => others.every((ids) => ids.includes(id)));
  const [only] = common;
  if (only !== undefined && common.length === 1) return only;
  const addresses = listings.map(({ address }) => quoted(address)).join(", ");
  const what =
    common.length > 1
      ? `${addresses} ${listings.length === 1 ? "serves" : "serve"} several models: ${shown(common)}. Say which with #NAME after the addresses.`
      : `No model is served by all of these endpoints: ${addresses}. Say which with #NAME, or name endpoints of one model.`;
  throw new TelltaleError("ENDPOINT_UNSUITABLE", what);
}

function shown(names: readonly string[]): string {
  if (names.length === 0) return "none";
  const more = names.length > SHOWN ? `, and ${names.length - SHOWN} more` : "";
  return (
    names
      .slice(0, SHOWN)
      .map((name) => quoted(name))
      .join(", ") + more
  );
}
