import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { Refusal } from "./refusal.js";

/** Who may ask. */
export interface Guard {
  /** Throws a Refusal: 401 without the token, 403 for a page of another site. */
  check(request: IncomingMessage): void;
}

export interface GuardOptions {
  /** The address it listens on. */
  host: string;
  token: string | undefined;
}

/** Paths that need no token: whether a server is there is no secret. */
const OPEN_PATHS = new Set(["/health"]);

export function createGuard({ host, token }: GuardOptions): Guard {
  const wanted = token === undefined ? undefined : digest(`Bearer ${token}`);
  return {
    check(request) {
      // A page that a browser shows may have its own name led to this machine: the name it then asks for is not this machine's.
      if (isLoopback(host) && !isLoopback(hostOf(request.headers.host))) {
        throw new Refusal(403, "The Host header names another machine than this one.", { code: "wrong_host" });
      }
      const { origin } = request.headers;
      if (origin !== undefined && originHost(origin) !== request.headers.host?.toLowerCase()) {
        throw new Refusal(403, "Pages of other sites may not ask this server.", { code: "wrong_origin" });
      }
      if (wanted === undefined || OPEN_PATHS.has(pathOf(request))) return;
      // Digests have one length, so that comparing them tells nothing of the token.
      if (timingSafeEqual(digest(request.headers.authorization ?? ""), wanted)) return;
      throw new Refusal(401, "Authorization: Bearer and this server's token are needed.", { code: "invalid_api_key" });
    },
  };
}

/** True for names and addresses that only this machine reaches. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, "$1");
  if (name === "localhost" || name === "::1") return true;
  return isIP(name) === 4 && name.startsWith("127.");
}

export function pathOf(request: IncomingMessage): string {
  const [path = "/"] = (request.url ?? "/").split("?", 1);
  return path;
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** A Host header without its port. */
function hostOf(header: string | undefined): string {
  return (header ?? "").replace(/:\d*$/, "");
}

function originHost(origin: string): string | null {
  try {
    return new URL(origin).host;
  } catch {
    return null;
  }
}
