import { TelltaleError } from "../../errors.js";
import { quoted } from "../../safe-text.js";

/**
 * Why a request to an endpoint came to nothing: "again": it may work later or elsewhere; "wrong": it would be as wrong everywhere;
 * "too long": so is it, because of the length of a text or of the whole request.
 */
export type FailureKind = "again" | "wrong" | "too long";

export class EndpointFailure extends Error {
  override readonly name = "EndpointFailure";
  constructor(
    readonly kind: FailureKind,
    /** What the endpoint did, to follow its address: "could not be reached (ECONNREFUSED)". */
    readonly what: string,
    /** Seconds after which it asks to be asked again. */
    readonly retryAfter: number | null = null,
    /** The status it answered with; null where there was no answer. */
    readonly status: number | null = null,
  ) {
    super(what);
  }
}

/** What came cannot be read as the answer to what was asked: worth another try, since answers break on their way. */
export function malformed(what: string): EndpointFailure {
  return new EndpointFailure("again", `gave an answer that cannot be used: ${what}`, null, 200);
}

/** The failure that a status other than 200 stands for. */
export function statusFailure(status: number, body: string, retryAfter: number | null): EndpointFailure {
  const said = saidIn(body);
  const what = `answered with status ${status}${said === "" ? "" : `: ${quoted(said, 300)}`}`;
  if (status >= 300 && status < 400) {
    return new EndpointFailure("wrong", `${what}. Redirects are not followed: give the final address`, null, status);
  }
  if (status === 401 || status === 403) {
    return new EndpointFailure(
      "wrong",
      `${what}. Check the key in TELLTALE_API_KEY or the role's own variable`,
      null,
      status,
    );
  }
  if (status === 408 || status === 429 || status >= 500) return new EndpointFailure("again", what, retryAfter, status);
  const long = status === 413 || /context|too long|maximum.{0,40}length|longer than|too many tokens/i.test(said);
  return new EndpointFailure(long ? "too long" : "wrong", what, null, status);
}

/** What an error's body says, whichever of the usual forms it has. */
function saidIn(body: string): string {
  try {
    const { error, message, detail } = JSON.parse(body) as Record<string, unknown>;
    const inner = typeof error === "object" && error !== null ? (error as { message?: unknown }).message : error;
    const said = [inner, message, detail].find((each) => typeof each === "string");
    if (typeof said === "string") return said;
  } catch {
    // A proxy's page or a text is shown as it is.
  }
  return body.trim();
}

/** A failure that ends everything, as a sentence. */
export function failed(url: string, failure: EndpointFailure): TelltaleError {
  const advice =
    failure.kind === "too long"
      ? " A text with its completion is longer than the server takes, or there are too many in a request: give it a longer " +
        "context, ask for fewer tokens, or send fewer texts at a time."
      : "";
  return new TelltaleError("ENDPOINT_FAILED", `${quoted(url)} ${failure.what}.${advice}`, { cause: failure });
}

/** ENDPOINT_UNSUITABLE: which endpoint, what it does, and what would do. */
export function unsuitable(url: string, what: string): TelltaleError {
  return new TelltaleError("ENDPOINT_UNSUITABLE", `${quoted(url)} ${what}`);
}
