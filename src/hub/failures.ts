import { TelltaleError } from "../errors.js";
import { quoted } from "../safe-text.js";
import { fullName, type Repository } from "./repository.js";
import type { Hub } from "./settings.js";

/** What the hub calls a refusal because conditions were not accepted, in its header x-error-code. */
const GATED = "GatedRepo";

/** What to report where something would have to be asked for, and nothing may be. */
export function offlineRefusal(what: string): TelltaleError {
  return new TelltaleError(
    "DOWNLOAD_FAILED",
    `${what} is not in the cache, and HF_HUB_OFFLINE forbids to ask for it. Unset HF_HUB_OFFLINE to download it.`,
  );
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
      "then run the command again: what has arrived is kept. What was downloaded before needs no network.",
    { cause: error },
  );
}

/** What to report for a status that is no success; `httpStatus` tells it again. */
export function statusFailure(
  address: string,
  response: Pick<Response, "status" | "headers">,
  repository: Repository,
): TelltaleError {
  const { status } = response;
  const gated = response.headers.get("x-error-code") === GATED;
  const sentence = `${place(address)} answered with status ${status}: ${advice(status, gated, address, repository)}`;
  return new TelltaleError("DOWNLOAD_FAILED", sentence, { cause: { status } });
}

/** The status that a failure reports; undefined where it reports none. */
export function httpStatus(error: unknown): number | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  const status = typeof cause === "object" && cause !== null && "status" in cause ? cause.status : undefined;
  return typeof status === "number" ? status : undefined;
}

/** Host and path alone: a query may hold a signature. */
export function place(address: string): string {
  const url = new URL(address);
  return quoted(`${url.host}${url.pathname}`);
}

function advice(status: number, gated: boolean, address: string, repository: Repository): string {
  const { kind } = repository;
  if (gated) {
    const page = quoted(`${new URL(address).origin}${kind === "dataset" ? "/datasets" : ""}/${fullName(repository)}`);
    const token =
      status === 401 ? "log in with `hf auth login` or set HF_TOKEN" : "wait until access is granted, or set HF_TOKEN";
    return `this ${kind} is gated. Accept its conditions on ${page}, then ${token} to a token that may read it.`;
  }
  if (status === 401) {
    return `there is no such ${kind}, or it asks for a token. Check its name, or set HF_TOKEN to a token that may read it.`;
  }
  if (status === 403) {
    return `the token may not read this ${kind}. Accept its conditions on the hub's page, or set HF_TOKEN to another token.`;
  }
  if (status === 404) {
    return `no such ${kind}, revision or file. Check OWNER/NAME and @REVISION; a private one needs HF_TOKEN.`;
  }
  if (status === 429) return "too many requests. Wait a few minutes, or set HF_TOKEN.";
  if (status >= 500) return "the server has trouble. Try again later.";
  return "the request was not accepted. Check HF_ENDPOINT.";
}
