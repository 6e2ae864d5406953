import { TelltaleError } from "../../errors.js";
import { quoted, withoutSecrets } from "../../safe-text.js";

/** A model behind one endpoint or several. */
export interface RemoteSpec {
  /** The endpoints and the model's name as one text, as `parseRemote` reads it. Holds no secret. */
  text: string;
  /** http or https addresses without a slash at the end, at least one, none twice. */
  endpoints: string[];
  /** The name by which the servers know it; null: the only model that all of them list. */
  model: string | null;
}

/** Whether a model is given by addresses rather than by a file or a name. */
export function isRemote(model: string): boolean {
  return /^https?:\/\//i.test(model);
}

/** Reads "http://a:8000/v1,http://b:8000/v1#model". Throws BAD_ARGUMENT. */
export function parseRemote(text: string): RemoteSpec {
  const hash = text.indexOf("#");
  const addresses = hash === -1 ? text : text.slice(0, hash);
  const model = hash === -1 ? null : text.slice(hash + 1);
  if (model === "") throw wrong("It names no model after #: write the served model's name there, or leave # away.");
  const endpoints = addresses.split(",").map((address) => parseEndpoint(address.trim()));
  const twice = endpoints.find((endpoint, i) => endpoints.indexOf(endpoint) !== i);
  if (twice !== undefined) throw wrong(`It names ${quoted(twice)} twice.`);
  return { text: endpoints.join(",") + (model === null ? "" : `#${model}`), endpoints, model };
}

function parseEndpoint(address: string): string {
  const url = isRemote(address) && URL.canParse(address) ? new URL(address) : undefined;
  // What stands before an @ may be a secret, so that an address is shown only once it is known to hold none.
  if (url === undefined) {
    const shown = address.includes("@") ? "One of the endpoints" : withoutSecrets(address);
    throw wrong(`${shown} is no address: write http://HOST:PORT/v1, several of them with commas between.`);
  }
  if (url.username !== "" || url.password !== "") {
    throw wrong(
      `${quoted(url.host)} is given with a user name or password. Put a key into TELLTALE_API_KEY instead (or ` +
        "TELLTALE_FINETUNED_API_KEY, TELLTALE_REFERENCE_API_KEY), where it gets into no file and no list of processes.",
    );
  }
  if (url.search !== "")
    throw wrong(`${quoted(url.host)} is given with a query (?...), which an endpoint does not have.`);
  return url.origin + url.pathname.replace(/\/+$/, "");
}

function wrong(reason: string): TelltaleError {
  return new TelltaleError("BAD_ARGUMENT", `Wrong endpoints of a model: ${reason}`);
}
