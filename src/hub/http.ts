import { TelltaleError } from "../errors.js";
import { quoted } from "../safe-text.js";
import { networkFailure, offlineRefusal, place, statusFailure } from "./failures.js";
import type { Repository } from "./repository.js";
import type { Hub } from "./settings.js";

const MAX_REDIRECTS = 5;
/** Milliseconds for an answer that is no file. */
const ANSWER_TIME = 60_000;

/**
 * One GET, redirects followed here rather than by fetch: the token goes to the endpoint's own origin and to no other,
 * and none leads from https to http. Resolves for every status; rejects with TypeError where the network failed.
 */
export async function hubGet(
  hub: Hub,
  address: string,
  headers: Readonly<Record<string, string>>,
  signal = hub.signal,
): Promise<Response> {
  if (hub.offline) throw offlineRefusal(place(address));
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
      ...(signal === undefined ? {} : { signal }),
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
export function hubFetch(hub: Hub, repository: Repository): typeof fetch {
  return async (input) => {
    const address = input instanceof Request ? input.url : String(input);
    const late = AbortSignal.timeout(ANSWER_TIME);
    const signal = hub.signal === undefined ? late : AbortSignal.any([hub.signal, late]);
    const response = await hubGet(hub, address, { accept: "application/json" }, signal).catch((error: unknown) => {
      throw networkFailure(hub, address, error);
    });
    if (response.ok) return response;
    await response.body?.cancel();
    throw statusFailure(address, response, repository);
  };
}

function badRedirect(address: string, what: string): TelltaleError {
  return new TelltaleError("DOWNLOAD_FAILED", `${place(address)} ${what}. Check HF_ENDPOINT.`);
}
