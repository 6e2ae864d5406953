import { TelltaleError } from "../../errors.js";
import { quoted } from "../../safe-text.js";
import type { Hub } from "./settings.js";

const MAX_REDIRECTS = 5;

/**
 * One GET, redirects followed here rather than by fetch: the token goes to the endpoint's own origin and to no other,
 * and none leads from https to http. Resolves for every status; rejects with TypeError where the network failed.
 */
export async function hubGet(hub: Hub, address: string, headers: Readonly<Record<string, string>>): Promise<Response> {
  const endpoint = new URL(hub.endpoint);
  let url = new URL(address);
  for (let redirects = 0; ; redirects++) {
    const response = await fetch(url.href, {
      redirect: "manual",
      headers: {
        ...headers,
        "user-agent": "telltale",
        ...(hub.token !== undefined && url.origin === endpoint.origin ? { authorization: `Bearer ${hub.token}` } : {}),
      },
      ...(hub.signal === undefined ? {} : { signal: hub.signal }),
    });
    const location = response.headers.get("location");
    if (![301, 302, 303, 307, 308].includes(response.status) || location === null) return response;
    await response.body?.cancel();
    if (redirects === MAX_REDIRECTS) throw badRedirect(address, "redirects too often");
    if (!URL.canParse(location, url.href)) throw badRedirect(address, "redirects to no valid address");
    const next = new URL(location, url);
    if (next.protocol !== "https:" && next.protocol !== url.protocol) {
      throw badRedirect(address, `redirects from ${quoted(url.protocol)} to ${quoted(next.protocol)}`);
    }
    url = next;
  }
}

/** `fetch` for the hub's client library: hubGet, with every failure a TelltaleError already. */
export function hubFetch(hub: Hub): typeof fetch {
  return async (input) => {
    const address = input instanceof Request ? input.url : String(input);
    const response = await hubGet(hub, address, { accept: "application/json" }).catch((error: unknown) => {
      throw networkFailure(hub, address, error);
    });
    if (response.ok) return response;
    await response.body?.cancel();
    throw statusFailure(address, response.status);
  };
}

/** What to report when no answer came, or it broke off. */
export function networkFailure(hub: Hub, address: string, error: unknown): TelltaleError {
  if (error instanceof TelltaleError) return error;
  if (hub.signal?.aborted) return new TelltaleError("CANCELLED", "Cancelled while downloading from the hub.");
  const { cause } = error as { cause?: { code?: unknown } };
  const reason = typeof cause?.code === "string" ? ` (${cause.code})` : "";
  return new TelltaleError(
    "DOWNLOAD_FAILED",
    `${place(address)} could not be reached, or the connection broke off${reason}. Check the network and HF_ENDPOINT, ` +
      "then run the command again: what has arrived is kept. A dataset downloaded before needs no network.",
    { cause: error },
  );
}

/** What to report for a status that is no success. */
export function statusFailure(address: string, status: number): TelltaleError {
  return new TelltaleError("DOWNLOAD_FAILED", `${place(address)} answered with status ${status}: ${advice(status)}`);
}

function advice(status: number): string {
  if (status === 401) {
    return "there is no such dataset, or it asks for a token. Check its name, or set HF_TOKEN to a token that may read it.";
  }
  if (status === 403) {
    return "the token may not read this dataset. Accept its conditions on the hub's page, or set HF_TOKEN to another token.";
  }
  if (status === 404) return "no such dataset, revision or file. Check OWNER/DATASET and @REVISION.";
  if (status === 429) return "too many requests. Wait a few minutes, or set HF_TOKEN.";
  if (status >= 500) return "the server has trouble. Try again later.";
  return "the request was not accepted. Check HF_ENDPOINT.";
}

function badRedirect(address: string, what: string): TelltaleError {
  return new TelltaleError("DOWNLOAD_FAILED", `${place(address)} ${what}. Check HF_ENDPOINT.`);
}

/** Host and path alone: a query may hold a signature. */
function place(address: string): string {
  const url = new URL(address);
  return quoted(`${url.host}${url.pathname}`);
}
